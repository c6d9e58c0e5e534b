import type { BodyFormat } from "../../../src/core/format.ts";
import { formats } from "../../../src/formats/formats.ts";

/** A codec's column in the tables of docs/translation.md. */
export interface Column<Codec> {
  readonly title: string;
  readonly codec: Codec;
  /** Which together take whatever the API has, so that no table tells of a model's own limits. */
  readonly models: readonly [string, ...string[]];
}

type ChatCodec = Extract<BodyFormat, { kind: "chat" }>["codec"];
type EmbeddingCodec = Extract<BodyFormat, { kind: "embeddings" }>["codec"];

const TITLES: Readonly<Record<string, readonly [title: string, ...models: [string, ...string[]]]>> =
  {
    "openai.chat": ["Chat Completions", "gpt-4.1-mini"],
    "openai.responses": ["Responses", "gpt-4.1-mini"],
    "anthropic.messages": ["Anthropic", "claude-sonnet-4-5"],
    "gemini.generateContent": ["Gemini", "gemini-2.5-flash"],
    "bedrock.converse": [
      "Converse",
      "anthropic.claude-sonnet-4-5-20250929-v1:0",
      "amazon.nova-pro-v1:0",
    ],
    "bedrock.nova": ["Nova", "amazon.nova-pro-v1:0"],
    "bedrock.mistral_chat": ["Mistral chat", "us.mistral.pixtral-large-2502-v1:0"],
    "bedrock.llama": ["Llama", "meta.llama3-1-70b-instruct-v1:0"],
    "bedrock.llama4": ["Llama 4", "meta.llama4-scout-17b-instruct-v1:0"],
    "bedrock.mistral": ["Mistral", "mistral.mistral-7b-instruct-v0:2"],
    "bedrock.titan": ["Titan", "amazon.titan-text-express-v1"],
    "openai.embeddings": ["OpenAI", "text-embedding-3-small"],
    "gemini.embedContent": ["Gemini", "gemini-embedding-001"],
    "bedrock.titan_embed_v1": ["Titan v1", "amazon.titan-embed-text-v1"],
    "bedrock.titan_embed_v2": ["Titan v2", "amazon.titan-embed-text-v2:0"],
    "bedrock.cohere_embed_v3": ["Cohere v3", "cohere.embed-english-v3"],
    "bedrock.cohere_embed_v4": ["Cohere v4", "cohere.embed-v4:0"],
  };

const bodies: readonly BodyFormat[] = Object.values(formats).flatMap((format) => format.bodies);

export const CHAT_COLUMNS: readonly Column<ChatCodec>[] = columns(
  bodies.flatMap((body) => (body.kind === "chat" ? [body.codec] : [])),
);

export const EMBEDDING_COLUMNS: readonly Column<EmbeddingCodec>[] = columns(
  bodies.flatMap((body) => (body.kind === "embeddings" ? [body.codec] : [])),
);

/** In the order of the titles. A codec that has none yet fails. */
function columns<Codec extends { readonly name: string }>(
  codecs: readonly Codec[],
): Column<Codec>[] {
  const byName = new Map(codecs.map((codec) => [codec.name, codec]));
  for (const name of byName.keys()) {
    if (!Object.hasOwn(TITLES, name)) throw new Error(`${name} has no column in the documentation`);
  }
  return Object.entries(TITLES).flatMap(([name, [title, ...models]]) => {
    const codec = byName.get(name);
    return codec === undefined ? [] : [{ title, codec, models }];
  });
}

/** What `table` is made of: the first column says what a row is about. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [heads, heads.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.map(escaped).join(" | ")} |`).join("\n");
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}
