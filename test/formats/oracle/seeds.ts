import { CodecError } from "../../../src/core/codec-error.ts";
import type { ChatCodec, EmbeddingCodec } from "../../../src/core/format.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { reportUnsaid } from "../../../src/formats/unsaid.ts";
import { type ChatCase, loadChatCases } from "../../support/chat-fixtures.ts";
import { loadEmbeddingCases } from "../../support/embedding-fixtures.ts";
import { recordingContext } from "../openai/recording-context.ts";
import { printed } from "../openai/translated.ts";
import { EMBEDDING_CODECS } from "./codecs.ts";
import { targetOf } from "./targets.ts";

/** Bodies of one codec that are as they should be, to be spoilt. */
export interface Seeds {
  readonly requests: readonly JsonObject[];
  readonly responses: readonly JsonObject[];
}

/** The case with a megabyte of text is only slow. */
const cases = loadChatCases().filter(({ name }) => name !== "long-text");

/** The fixtures in the codec's own accent, and those of Chat Completions as it writes them. */
export function chatSeeds(codec: ChatCodec): Seeds {
  const requests: JsonObject[] = [];
  const responses: JsonObject[] = [];
  for (const fixture of cases) {
    addOwn(requests, codec, { fixture, bodies: fixture.bodies.request });
    addOwn(responses, codec, { fixture, bodies: fixture.bodies.response });
    const openai = targetOf(fixture, "openai").body.codec;
    const { request, response } = {
      request: fixture.bodies.request["openai"],
      response: fixture.bodies.response["openai"],
    };
    if (request !== undefined) {
      addWritten(requests, () => {
        const read = openai.parseRequest(request);
        const context = recordingContext({ isBatch: false });
        reportUnsaid(read, codec, context);
        return codec.writeRequest(read, context);
      });
    }
    if (response !== undefined) {
      addWritten(responses, () =>
        codec.writeResponse(openai.parseResponse(response), recordingContext()),
      );
    }
  }
  return { requests, responses };
}

interface OwnBodies {
  readonly fixture: ChatCase;
  readonly bodies: Readonly<Record<string, JsonObject>>;
}

function addOwn(seeds: JsonObject[], codec: ChatCodec, { fixture, bodies }: OwnBodies): void {
  for (const [accent, body] of Object.entries(bodies)) {
    if (targetOf(fixture, accent).body.codec.name === codec.name) seeds.push(body);
  }
}

/** What a codec can't say is no seed. */
function addWritten(seeds: JsonObject[], write: () => JsonObject): void {
  try {
    seeds.push(printed(write()));
  } catch (error) {
    if (!(error instanceof CodecError)) throw error;
  }
}

/** OpenAI's fixtures, as the codec writes them. */
export function embeddingSeeds(codec: EmbeddingCodec): Seeds {
  const requests: JsonObject[] = [];
  const responses: JsonObject[] = [];
  const openai = openaiEmbeddings();
  for (const { records } of loadEmbeddingCases()) {
    for (const body of records["openai"]?.requests ?? []) {
      const request = openai.parseRequest(body);
      const inputs = request.inputs.slice(0, codec.maxInputs);
      addWritten(requests, () => codec.writeRequest({ ...request, inputs }, recordingContext()));
    }
    for (const body of records["openai"]?.responses ?? []) {
      const response = openai.parseResponse(body);
      const embeddings = response.embeddings.slice(0, codec.maxInputs);
      const written = { ...response, embeddings };
      addWritten(responses, () => codec.writeResponse(written, recordingContext()));
    }
  }
  return { requests, responses };
}

function openaiEmbeddings(): EmbeddingCodec {
  const codec = EMBEDDING_CODECS.find(({ name }) => name === "openai.embeddings");
  if (codec === undefined) throw new Error("OpenAI has no embeddings");
  return codec;
}
