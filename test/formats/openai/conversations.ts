import * as fc from "fast-check";
import type { JsonObject } from "../../../src/core/json.ts";

const text = fc.string({ minLength: 1, maxLength: 8 });
const url = fc.constantFrom("https://example.com/a.png", "data:image/png;base64,AAAA");

const userContent = fc.oneof(
  text,
  fc.array(
    fc.oneof(
      text.map((value) => ({ type: "text", text: value })),
      fc.record({
        type: fc.constant("image_url"),
        image_url: fc.record(
          { url, detail: fc.constantFrom("auto", "low", "high") },
          { requiredKeys: ["url", "detail"] },
        ),
      }),
      fc.constant({ type: "file", file: { file_id: "file-1" } }),
      fc.constant({
        type: "file",
        file: { filename: "a.pdf", file_data: "data:application/pdf;base64,AAAA" },
      }),
    ),
    { minLength: 2, maxLength: 3 },
  ),
);

const user = userContent.map((content) => [{ role: "user", content }]);
const system = fc
  .record({ role: fc.constantFrom("system", "developer"), content: text })
  .map((message) => [message]);
const said = text.map((content) => [{ role: "assistant", content }]);

/** A turn with tools: perhaps a text, one to three calls, and a result for each. */
const called = fc
  .record({
    content: fc.option(text),
    names: fc.array(fc.constantFrom("f", "g"), { minLength: 1, maxLength: 3 }),
    input: fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }),
    result: text,
    turn: fc.uuid(),
  })
  .map(({ content, names, input, result, turn }) => {
    const calls = names.map((name, index) => ({
      id: `call_${index}_${turn}`,
      type: "function",
      function: { name, arguments: JSON.stringify(input) },
    }));
    return [
      { role: "assistant", content, tool_calls: calls },
      ...calls.map(({ id }) => ({ role: "tool", tool_call_id: id, content: result })),
    ];
  });

const settings = fc.record(
  {
    max_completion_tokens: fc.integer({ min: 16, max: 1000 }),
    temperature: fc.constantFrom(0, 0.5, 1, 2),
    top_p: fc.constantFrom(0.1, 1),
    reasoning_effort: fc.constantFrom("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    verbosity: fc.constantFrom("low", "medium", "high"),
    user: text,
    metadata: fc.dictionary(fc.string(), fc.string(), { maxKeys: 2 }),
    store: fc.boolean(),
    service_tier: fc.constantFrom("auto", "flex"),
    prompt_cache_key: text,
    tool_choice: fc.constantFrom("auto", "none", "required", {
      type: "function",
      function: { name: "f" },
    }),
    parallel_tool_calls: fc.boolean(),
    response_format: fc.constantFrom(
      { type: "text" },
      { type: "json_object" },
      {
        type: "json_schema",
        json_schema: { name: "n", schema: { type: "object" }, strict: false },
      },
    ),
  },
  { requiredKeys: [] },
);

const tools = ["f", "g"].map((name) => ({
  type: "function",
  function: { name, description: name, parameters: { type: "object" }, strict: false },
}));

/** Chat completions that both of OpenAI's chat APIs can say. */
export const conversations: fc.Arbitrary<JsonObject> = fc
  .record({
    turns: fc.array(fc.oneof(user, system, said, called), { minLength: 1, maxLength: 5 }),
    settings,
  })
  .map(({ turns, settings: chosen }): JsonObject => {
    const body = { model: "gpt-4o", messages: turns.flat(), tools, ...chosen };
    return JSON.parse(JSON.stringify(body));
  });
