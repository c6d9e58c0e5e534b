import { CodecError } from "../../../src/core/codec-error.ts";
import type { ChatCodec, EmbeddingCodec } from "../../../src/core/format.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { printJson } from "../../../src/formats/line-fields.ts";
import { reportUnsaid, reportUnsaidEmbedding } from "../../../src/formats/unsaid.ts";
import { recordingContext } from "../openai/recording-context.ts";
import { CHAT_CODECS, EMBEDDING_CODECS } from "./codecs.ts";
import { chatSeeds, embeddingSeeds } from "./seeds.ts";

/** One way into a codec: a kind of body, and what reads it. */
export interface Entry {
  readonly name: string;
  readonly kind: "request" | "response";
  readonly seeds: readonly JsonObject[];
  /** What each codec makes of the body, in text; by name. Throws `CodecError` if it can't be read. */
  readonly run: (body: JsonObject) => ReadonlyMap<string, () => string>;
}

/** Every body that there is, in the order of the codecs. */
export const ENTRIES: readonly Entry[] = [
  ...CHAT_CODECS.flatMap(chatEntries),
  ...EMBEDDING_CODECS.flatMap(embeddingEntries),
];

/** What went wrong, where something did; anything but our own error is thrown on. */
export function attempt(run: () => unknown): CodecError | null {
  try {
    run();
    return null;
  } catch (error) {
    if (error instanceof CodecError) return error;
    throw error;
  }
}

function chatEntries(codec: ChatCodec): Entry[] {
  const seeds = chatSeeds(codec);
  return [
    {
      name: `a request of ${codec.name}`,
      kind: "request",
      seeds: seeds.requests,
      run: (body) => {
        const request = codec.parseRequest(body);
        return forEach(CHAT_CODECS, (target) => {
          const context = recordingContext({ model: request.model, isBatch: false });
          reportUnsaid(request, target, context);
          return target.writeRequest(request, context);
        });
      },
    },
    {
      name: `an answer of ${codec.name}`,
      kind: "response",
      seeds: seeds.responses,
      run: (body) => {
        const response = codec.parseResponse(body);
        return forEach(CHAT_CODECS, (target) => target.writeResponse(response, recordingContext()));
      },
    },
  ];
}

function embeddingEntries(codec: EmbeddingCodec): Entry[] {
  const seeds = embeddingSeeds(codec);
  return [
    {
      name: `a request of ${codec.name}`,
      kind: "request",
      seeds: seeds.requests,
      run: (body) => {
        const request = codec.parseRequest(body);
        return forEach(EMBEDDING_CODECS, (target) => {
          const context = recordingContext();
          reportUnsaidEmbedding(request, target, context);
          return target.writeRequest(request, context);
        });
      },
    },
    {
      name: `an answer of ${codec.name}`,
      kind: "response",
      seeds: seeds.responses,
      run: (body) => {
        const response = codec.parseResponse(body);
        return forEach(EMBEDDING_CODECS, (target) =>
          target.writeResponse(response, recordingContext()),
        );
      },
    },
  ];
}

function forEach<Codec extends { readonly name: string }>(
  codecs: readonly Codec[],
  write: (codec: Codec) => JsonObject,
): ReadonlyMap<string, () => string> {
  return new Map(codecs.map((codec) => [codec.name, () => printJson(write(codec))]));
}
