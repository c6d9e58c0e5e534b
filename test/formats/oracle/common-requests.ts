import * as fc from "fast-check";
import type { ChatField } from "../../../src/core/chat-fields.ts";
import type { ChatRequest, Message } from "../../../src/core/chat-request.ts";
import type { AssistantPart, TextPart, ToolCallPart, UserPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { ROOT } from "../../../src/core/json-path.ts";
import type { FunctionTool } from "../../../src/core/tools.ts";

/** Requests that every format can say, each in its own words. The settings among `fields` are given or not. */
export function commonRequests(fields: readonly ChatField[]): fc.Arbitrary<ChatRequest> {
  return fc
    .record({ tools: fc.option(tools), ...Object.fromEntries(chosen(fields)) })
    .chain(({ tools, ...settings }) =>
      fc.record({
        messages: messages(tools ?? []),
        toolChoice: tools === null ? fc.constant(undefined) : toolChoice(tools),
        // Where there are no tools it says nothing, and is left out.
        ...(tools !== null && fields.includes("parallelToolCalls")
          ? { parallelToolCalls: fc.constantFrom(undefined, false) }
          : {}),
        responseFormat: tools === null ? responseFormat : fc.constant(undefined),
        isLimited: fc.constant({ tools: tools ?? undefined, ...settings }),
      }),
    )
    .map(({ isLimited, ...request }) => ({
      family: "openai",
      model: null,
      extras: [],
      ...isLimited,
      ...request,
    }));
}

/** Neither empty nor blank, since some providers refuse that; otherwise anything that is a text. */
const text = fc
  .oneof(
    fc.string({ unit: "grapheme", minLength: 1, maxLength: 30 }),
    fc.constantFrom(
      "Hello",
      'a "quoted" \\ word',
      "two\nlines",
      "ünïcödé 🙂",
      "{}",
      "null",
      "\u0000",
    ),
  )
  .filter((value) => value.trim() !== "");

const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_-]{0,20}$/);

const textPart = text.map((value): TextPart => ({ kind: "text", text: value, at: ROOT }));

const image = fc
  .record({
    mediaType: fc.constantFrom("image/png", "image/jpeg", "image/webp"),
    data: fc.base64String({ minLength: 4, maxLength: 40 }),
  })
  .map((source): UserPart => ({ kind: "image", source: { kind: "base64", ...source }, at: ROOT }));

const valueSchema: fc.Arbitrary<JsonObject> = fc.oneof(
  fc.constantFrom(
    { type: "string" },
    { type: "string", description: "A word" },
    { type: "string", enum: ["red", "green"] },
    { type: "number" },
    { type: "integer" },
    { type: "boolean" },
    { type: "array", items: { type: "string" } },
  ),
  fc.constant({
    type: "object",
    properties: { inner: { type: "number" } },
    required: ["inner"],
  }),
);

/** Every property is required, as strict schemas want it. */
const objectSchema: fc.Arbitrary<JsonObject> = fc
  .dictionary(name, valueSchema, { minKeys: 1, maxKeys: 4, noNullPrototype: true })
  .map((properties) => ({ type: "object", properties, required: Object.keys(properties) }));

const tool: fc.Arbitrary<FunctionTool> = fc
  .record({ name, description: text, schema: objectSchema })
  .map((fields) => ({ kind: "function", at: ROOT, ...fields }));

const tools = fc.uniqueArray(tool, {
  minLength: 1,
  maxLength: 3,
  selector: (candidate) => candidate.name,
});

function toolChoice(known: readonly FunctionTool[]): fc.Arbitrary<ChatRequest["toolChoice"]> {
  return fc.constantFrom(
    undefined,
    { kind: "auto" } as const,
    { kind: "required" } as const,
    { kind: "named", name: known[0]?.name ?? "" } as const,
  );
}

const responseFormat: fc.Arbitrary<ChatRequest["responseFormat"]> = fc.option(
  objectSchema.map((schema) => ({ kind: "json_schema" as const, schema, name: "answer" })),
  { nil: undefined },
);

function messages(known: readonly FunctionTool[]): fc.Arbitrary<Message[]> {
  return fc
    .record({
      system: fc.option(textPart),
      turns: fc.array(fc.tuple(user, answer(known)), { maxLength: 3 }),
      last: user,
    })
    .map(({ system, turns, last }) => [
      ...(system === null ? [] : [systemMessage(system)]),
      ...turns.flatMap(([asked, answered], turn) => [asked, ...withIds(answered, turn)]),
      last,
    ]);
}

function systemMessage(part: TextPart): Message {
  return { kind: "system", role: "system", at: ROOT, parts: [part] };
}

const user: fc.Arbitrary<Message> = fc
  .array(fc.oneof({ arbitrary: textPart, weight: 3 }, { arbitrary: image, weight: 1 }), {
    minLength: 1,
    maxLength: 3,
  })
  .map((parts) => ({ kind: "user", at: ROOT, parts }));

interface Answered {
  readonly text: TextPart | null;
  readonly calls: readonly { tool: FunctionTool; input: JsonObject; result: string }[];
  readonly after: TextPart;
}

function answer(known: readonly FunctionTool[]): fc.Arbitrary<Answered> {
  const calls: fc.Arbitrary<Answered["calls"]> =
    known.length === 0
      ? fc.constant([])
      : fc.array(fc.record({ tool: fc.constantFrom(...known), input: toolInput, result: text }), {
          maxLength: 3,
        });
  return fc.record({ text: fc.option(textPart), calls, after: textPart });
}

const toolInput: fc.Arbitrary<JsonObject> = fc.dictionary(
  name,
  fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null)),
  { maxKeys: 3, noNullPrototype: true },
);

/** An answer in words, or calls with their results and the words that came of them. */
function withIds({ text, calls, after }: Answered, turn: number): Message[] {
  const closing: Message = { kind: "assistant", at: ROOT, parts: [after] };
  if (calls.length === 0) return [closing];
  const parts: ToolCallPart[] = calls.map(({ tool, input }, index) => ({
    kind: "tool_call",
    id: `call_${turn}_${index}`,
    name: tool.name,
    input: { kind: "object", value: input },
    at: ROOT,
  }));
  const said: AssistantPart[] = text === null ? parts : [text, ...parts];
  const results: Message[] = parts.map(({ id, name }, index) => ({
    kind: "tool",
    at: ROOT,
    parts: [
      {
        kind: "tool_result",
        callId: id,
        name,
        content: [{ kind: "text", text: calls[index]?.result ?? "", at: ROOT }],
        isError: false,
        at: ROOT,
      },
    ],
  }));
  return [{ kind: "assistant", at: ROOT, parts: said }, ...results, closing];
}

/** Values that every provider takes, if it has the setting. */
const VALUES: Readonly<Partial<Record<ChatField, fc.Arbitrary<unknown>>>> = {
  maxTokens: fc.integer({ min: 16, max: 4000 }),
  stop: fc.uniqueArray(text, { minLength: 1, maxLength: 4 }),
  temperature: fc.double({ min: 0, max: 1, noNaN: true }),
  seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  topK: fc.integer({ min: 1, max: 100 }),
  user: fc.uuid(),
  logprobs: fc.constant(true),
  metadata: fc.dictionary(name, text, { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
};

function chosen(fields: readonly ChatField[]): [string, fc.Arbitrary<unknown>][] {
  return fields.flatMap((field): [string, fc.Arbitrary<unknown>][] => {
    const values = VALUES[field];
    if (values === undefined) return [];
    // Anthropic demands a limit, and its writer would make one up.
    return [[field, field === "maxTokens" ? values : fc.option(values, { nil: undefined })]];
  });
}
