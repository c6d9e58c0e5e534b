import type { ChatResponse, FinishReason, Usage } from "../../../src/core/chat-response.ts";
import type { AssistantPart } from "../../../src/core/content.ts";
import type { FormatName } from "../../../src/core/format-name.ts";
import { isJsonObject, type Json, type JsonObject } from "../../../src/core/json.ts";
import { childPath, fieldText, type JsonPath, ROOT } from "../../../src/core/json-path.ts";
import { isJsonArray } from "../../../src/formats/fields.ts";
import { foreignResponse } from "../openai/translated.ts";
import { recordingContext } from "../openai/recording-context.ts";
import { CHAT_COLUMNS, type Column, table } from "./columns.ts";
import { inWords } from "./support-tables.ts";

/** Tables of answers: made by writing one and looking where a thing went, so that they say what the writers do. */

type ChatColumn = (typeof CHAT_COLUMNS)[number];

const FINISH_REASONS: Readonly<Record<FinishReason, true>> = {
  stop: true,
  stop_sequence: true,
  length: true,
  context_window: true,
  tool_calls: true,
  content_filter: true,
  refusal: true,
  pause: true,
  malformed_tool_call: true,
  other: true,
};

const REASON_KEYS = new Set([
  "finish_reason",
  "stop_reason",
  "finishReason",
  "stopReason",
  "completionReason",
  "status",
  "reason",
]);

/** What each API says for the hub's reasons to end. */
export function finishTable(): string {
  const rows = Object.keys(FINISH_REASONS).filter((reason): reason is FinishReason =>
    Object.hasOwn(FINISH_REASONS, reason),
  );
  return byColumn("ended because of", rows, (column, reason) => {
    const parts = reason === "tool_calls" ? [CALL] : [TEXT];
    const stopSequence = reason === "stop_sequence" ? "END" : undefined;
    const { body } = answer(column, { parts, finish: { reason, native: null, stopSequence } });
    const words = leaves(body).filter(
      ({ at }) => REASON_KEYS.has(String(at.key)) && !fieldText(at).startsWith("output[]"),
    );
    const said = words.map(({ value }) => `\`${JSON.stringify(value).replaceAll('"', "")}\``);
    return [...new Set(said)].join(", ");
  });
}

const COUNTS: readonly (keyof Usage)[] = [
  "inputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "cacheWriteHourTokens",
  "audioInputTokens",
  "outputTokens",
  "reasoningTokens",
  "audioOutputTokens",
  "totalTokens",
];

/** The counts that grow where one of the hub's does. */
export function usageTable(): string {
  const usage: Readonly<Record<keyof Usage, number>> = {
    inputTokens: 100_000,
    cacheReadTokens: 10_000,
    cacheWriteTokens: 2000,
    cacheWriteHourTokens: 300,
    audioInputTokens: 40,
    outputTokens: 50_000,
    reasoningTokens: 6000,
    audioOutputTokens: 700,
    totalTokens: 150_000,
  };
  return byColumn("tokens", COUNTS, (column, count) => {
    const before = numbers(answer(column, {}, { usage }).body);
    const more = { ...usage, [count]: usage[count] + 1 };
    const after = numbers(answer(column, {}, { usage: more }).body);
    const grown = [...after].filter(([field, value]) => value > (before.get(field) ?? 0));
    return grown.map(([field]) => `\`${field.replace(/^usage(Metadata)?\./, "")}\``).join(", ");
  });
}

const TEXT: AssistantPart = { kind: "text", text: "mark", at: ROOT };
const CALL: AssistantPart = {
  kind: "tool_call",
  id: "call_1",
  name: "mark",
  input: { kind: "object", value: {} },
  at: ROOT,
};

const source = { kind: "base64", mediaType: "image/png", data: "bWFyaw==" } as const;

const PARTS: readonly AssistantPart[] = [
  TEXT,
  { kind: "refusal", text: "mark", at: ROOT },
  { kind: "reasoning", text: "mark", signature: { family: "openai", value: "c2ln" }, at: ROOT },
  { kind: "redacted_reasoning", data: { family: "openai", value: "mark" }, at: ROOT },
  CALL,
  { kind: "image", source, at: ROOT },
  { kind: "audio", source: { ...source, mediaType: "audio/wav" }, at: ROOT },
  { kind: "native", family: "openai", type: "mark", value: { type: "mark" }, at: ROOT },
];

/** Where each kind of part of another family's answer goes. */
export function answerPartsTable(): string {
  return byColumn(
    "part of an answer",
    PARTS.map((part) => part.kind),
    (column, kind) => {
      const family: FormatName = column.codec.family === "openai" ? "gemini" : "openai";
      const parts = PARTS.filter((part) => part.kind === kind).map((part): AssistantPart =>
        part.kind === "native" ? { ...part, family } : part,
      );
      const { body, warnings } = answer(column, { parts });
      const marked = leaves(body).filter(({ value }) => /mark|bWFyaw/.test(JSON.stringify(value)));
      const [place] = marked.map(({ at }) => fieldText(at));
      if (place === undefined) return warnings.length > 0 ? "warned" : "left out";
      return `\`${place.replace(ANSWER_HEAD, "")}\``;
    },
  );
}

/** What every part of an API's answer stands in. */
const ANSWER_HEAD =
  /^(choices\[\]\.message\.|output\[\]\.|candidates\[\]\.content\.|output\.message\.)/;

function byColumn<Row extends string>(
  head: string,
  rows: readonly Row[],
  cell: (column: ChatColumn, row: Row) => string,
): string {
  return table(
    [head, ...CHAT_COLUMNS.map(({ title }) => title)],
    rows.map((row) => [inWords(row), ...CHAT_COLUMNS.map((column) => cell(column, row) || "–")]),
  );
}

interface Answered {
  readonly body: JsonObject;
  readonly warnings: readonly string[];
}

/** An answer of a family that has no codec among the columns' own, so that nothing passes as it came. */
function answer(
  { codec, models: [model] }: Column<ChatColumn["codec"]>,
  choice: Partial<ChatResponse["choices"][number]>,
  fields: Partial<ChatResponse> = {},
): Answered {
  const family = codec.family === "anthropic" ? "gemini" : "anthropic";
  const context = recordingContext({ model });
  const response = foreignResponse(choice, { family, ...fields });
  return { body: codec.writeResponse(response, context), warnings: context.warnings };
}

interface Leaf {
  readonly at: JsonPath;
  readonly value: Json;
}

function leaves(body: JsonObject): Leaf[] {
  const found: Leaf[] = [];
  collect(body, ROOT, found);
  return found;
}

function collect(value: Json, at: JsonPath, found: Leaf[]): void {
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) collect(item, childPath(at, index), found);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) {
      if (item !== undefined) collect(item, childPath(at, key), found);
    }
  } else found.push({ at, value });
}

function numbers(body: JsonObject): ReadonlyMap<string, number> {
  return new Map(
    leaves(body).flatMap(({ at, value }): [string, number][] =>
      typeof value === "number" ? [[fieldText(at), value]] : [],
    ),
  );
}
