import { openaiChat } from "../../src/formats/openai/chat.ts";
import type { Format } from "../../src/core/format.ts";
import type { LineIds, LineMap, MapOptions, MappedLine, Side } from "../../src/core/translation.ts";
import { createAnthropicFormat } from "../../src/formats/anthropic/anthropic.ts";
import { createLineIds } from "../../src/formats/line-ids.ts";
import { createOpenAIFormat } from "../../src/formats/openai/openai.ts";
import { createRequestMapper } from "../../src/formats/request-map.ts";
import { createResultMapper } from "../../src/formats/result-map.ts";
import { translate, type TranslateOptions } from "../../src/formats/translate.ts";
import { createTinyFormat } from "./tiny-format.ts";

export const openai = createOpenAIFormat();
export const anthropic = createAnthropicFormat();
export const tiny = createTinyFormat({
  kind: "chat",
  codec: openaiChat,
  frame: { modelIn: "body", adds: {}, removes: [] },
});

const formats = [openai, anthropic, tiny];
const requestMap = createRequestMapper(formats);
const resultMap = createResultMapper(formats);

export function side(format: Format, rest: Partial<Side> = {}): Side {
  return { format, endpoint: null, model: null, variant: null, ...rest };
}

function options(rest: Partial<MapOptions> = {}): MapOptions {
  return {
    mode: "warn",
    isBatch: true,
    ids: rest.ids ?? createLineIds(null),
    nowSeconds: () => 1_790_000_000,
    newId: (prefix) => `${prefix}1`,
    ...rest,
  };
}

export function mapsRequests(from: Side, to: Side, rest: Partial<MapOptions> = {}): LineMap | null {
  return requestMap(from, to, options(rest));
}

export function mapsResults(from: Side, to: Side, rest: Partial<MapOptions> = {}): LineMap | null {
  return resultMap(from, to, options(rest));
}

export function requestsTo(to: Side, rest: Partial<MapOptions> = {}, from = openai): LineMap {
  return present(mapsRequests(side(from), to, rest));
}

export function resultsFrom(from: Side, to: Side, ids?: LineIds): LineMap {
  return present(mapsResults(from, to, ids === undefined ? {} : { ids }));
}

function present(map: LineMap | null): LineMap {
  if (map === null) throw new Error("the bytes would pass untouched");
  return map;
}

export function chatLine(customId: string, body: object = {}): string {
  return JSON.stringify({
    custom_id: customId,
    method: "POST",
    url: "/v1/chat/completions",
    body: { model: "gpt-4o", messages: [{ role: "user", content: "Hi" }], ...body },
  });
}

export function embeddingLine(customId: string, body: object): string {
  return JSON.stringify({
    custom_id: customId,
    method: "POST",
    url: "/v1/embeddings",
    body: { model: "text-embedding-3-small", ...body },
  });
}

/** The lines of an outcome, as JSON. */
export function linesOf(mapped: MappedLine): unknown[] {
  if (mapped.kind === "failed") throw new Error(JSON.stringify(mapped));
  return mapped.lines.map((text): unknown => JSON.parse(text));
}

export function lineOf(mapped: MappedLine): unknown {
  const lines = linesOf(mapped);
  if (lines.length !== 1) throw new Error(`${lines.length} lines`);
  return lines[0];
}

export async function* chunksOf(bytes: Uint8Array, sizes: readonly number[] = [65_536]) {
  let at = 0;
  for (let turn = 0; at < bytes.length; turn += 1) {
    const size = Math.max(1, sizes[turn % sizes.length] ?? 1);
    yield await Promise.resolve(bytes.subarray(at, at + size));
    at += size;
  }
}

export async function translated(
  chunks: AsyncIterable<Uint8Array>,
  map: LineMap,
  rest: TranslateOptions = {},
): Promise<string> {
  const out: Uint8Array[] = [];
  for await (const chunk of translate(chunks, map, rest)) out.push(chunk);
  return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(out));
}
