import type { ChatCodec, EmbeddingCodec } from "../../../src/core/format.ts";
import { formats } from "../../../src/formats/formats.ts";

/** Every codec of every format, each once. */
export const CHAT_CODECS: readonly ChatCodec[] = once(
  bodies().flatMap((body) => (body.kind === "chat" ? [body.codec] : [])),
);

export const EMBEDDING_CODECS: readonly EmbeddingCodec[] = once(
  bodies().flatMap((body) => (body.kind === "embeddings" ? [body.codec] : [])),
);

function bodies() {
  return Object.values(formats).flatMap((format) => format.bodies);
}

function once<Codec extends { readonly name: string }>(codecs: readonly Codec[]): Codec[] {
  return [...new Map(codecs.map((codec) => [codec.name, codec])).values()];
}
