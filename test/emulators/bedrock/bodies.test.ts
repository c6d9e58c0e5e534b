import { InvokeModelWithResponseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { specProblem } from "../../support/specs.ts";
import {
  CLAUDE,
  claudeBody,
  createJob,
  readRows,
  recordOf,
  type Stage,
  startStage,
} from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => stage[Symbol.asyncDispose]());

const NOVA = "amazon.nova-lite-v1:0";
const LLAMA = "meta.llama3-1-8b-instruct-v1:0";
const MISTRAL = "mistral.mistral-7b-instruct-v0:2";
const MISTRAL_CHAT = "mistral.mistral-large-2407-v1:0";
const TITAN = "amazon.titan-text-express-v1";
const OSS = "openai.gpt-oss-20b-1:0";
const EMBED_1 = "amazon.titan-embed-text-v1";
const EMBED_2 = "amazon.titan-embed-text-v2:0";
const COHERE_3 = "cohere.embed-english-v3";
const COHERE_4 = "cohere.embed-v4:0";

const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" } },
  required: ["city"],
  additionalProperties: false,
};
const QUESTION = "How many plums?";
const chat = (more = {}) => ({ messages: [{ role: "user", content: QUESTION }], ...more });
const nova = (more = {}) => ({
  schemaVersion: "messages-v1",
  messages: [{ role: "user", content: [{ text: QUESTION }] }],
  ...more,
});
const llama = `<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\n${QUESTION}<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n`;
const cohere = (more = {}) => ({ texts: ["a", "b"], input_type: "search_document", ...more });

const invoke = async (model: string, json: unknown) =>
  stage.call("POST", `/model/${encodeURIComponent(model)}/invoke`, { json });

/** What comes out of a stream of the model's, as text. */
async function streamedText(model: string, json: unknown): Promise<string> {
  const { body } = await stage.runtime.send(
    new InvokeModelWithResponseStreamCommand({ modelId: model, body: JSON.stringify(json) }),
  );
  let text = "";
  let metrics = 0;
  for await (const { chunk } of body ?? []) {
    const part = JSON.parse(Buffer.from(chunk?.bytes ?? []).toString());
    if (part["amazon-bedrock-invocationMetrics"] !== undefined) metrics += 1;
    text +=
      part.delta?.text ??
      part.contentBlockDelta?.delta?.text ??
      part.generation ??
      part.outputs?.[0]?.text ??
      part.outputText ??
      part.choices?.[0]?.delta?.content ??
      "";
  }
  expect(metrics).toBe(1);
  return text;
}

describe("a model answers its own body in its own shape, in a job the same", () => {
  test.each([
    ["Claude", CLAUDE, claudeBody(QUESTION), ["content", 0, "text"]],
    ["Nova", NOVA, nova(), ["output", "message", "content", 0, "text"]],
    ["Llama", LLAMA, { prompt: llama }, ["generation"]],
    ["Mistral", MISTRAL, { prompt: `<s>[INST] ${QUESTION} [/INST]` }, ["outputs", 0, "text"]],
    [
      "Mistral's chat",
      MISTRAL_CHAT,
      chat({ max_tokens: 400 }),
      ["choices", 0, "message", "content"],
    ],
    ["Titan", TITAN, { inputText: `User: ${QUESTION}\nBot:` }, ["results", 0, "outputText"]],
    ["gpt-oss", OSS, chat(), ["choices", 0, "message", "content"]],
  ])("%s", async (...[, model, body, path]) => {
    const reply = await invoke(model, body);
    expect([reply.status, reply.json.message]).toEqual([200, undefined]);
    let text = reply.json;
    for (const step of path) text = text[step];
    expect(text).toContain(`“${QUESTION}”`);
    expect(text).toMatch(/\n#### \d+$/);
    expect(await streamedText(model, body)).toBe(text);
    const id = await createJob(stage, recordOf("a", body), { modelId: model });
    await stage.control.complete(id);
    expect(await readRows(stage, id)).toEqual([
      { recordId: "a", modelInput: body, modelOutput: reply.json },
    ]);
  });

  test("Claude's and Nova's answers are as Anthropic's and AWS's models have them", async () => {
    const thinking = { type: "enabled", budget_tokens: 1_024 };
    const bodies = [
      [CLAUDE, claudeBody("a")],
      ["anthropic.claude-sonnet-4-20250514-v1:0", claudeBody("a", { thinking, max_tokens: 2_000 })],
      [CLAUDE, claudeBody("a", { tools: [tool()], tool_choice: { type: "any" } })],
    ] as const;
    for (const [model, body] of bodies) {
      const { json } = await invoke(model, body);
      expect(specProblem("anthropic", "Message", json)).toBeNull();
    }
    const { json } = await invoke(NOVA, nova());
    expect(specProblem("bedrock", "Message", json.output.message)).toBeNull();
  });

  test("tools are called where they are forced", async () => {
    const claude = await invoke(
      CLAUDE,
      claudeBody("a", { tools: [tool()], tool_choice: { type: "tool", name: "weather" } }),
    );
    expect(claude.json).toMatchObject({
      stop_reason: "tool_use",
      content: [{ type: "tool_use", name: "weather", input: { city: expect.any(String) } }],
    });
    const spec = { toolSpec: { name: "weather", inputSchema: { json: SCHEMA } } };
    const toolConfig = { tools: [spec], toolChoice: { tool: { name: "weather" } } };
    const novas = await invoke(NOVA, nova({ toolConfig }));
    expect(novas.json).toMatchObject({
      stopReason: "tool_use",
      output: { message: { content: [{ toolUse: { name: "weather" } }] } },
    });
    const fn = { type: "function", function: { name: "weather", parameters: SCHEMA } };
    const oss = await invoke(OSS, chat({ tools: [fn], tool_choice: "required" }));
    const [choice] = oss.json.choices;
    expect(choice).toMatchObject({ finish_reason: "tool_calls", message: { content: null } });
    const call = choice.message.tool_calls[0].function;
    expect(JSON.parse(call.arguments)).toEqual({ city: expect.any(String) });
    const free = await invoke(CLAUDE, claudeBody("a", { tools: [tool()] }));
    expect(free.json.stop_reason).toBe("end_turn");
  });

  test("schemas, limits and stop sequences are heeded", async () => {
    const output_config = { format: { type: "json_schema", schema: SCHEMA } };
    const claude = await invoke(
      "anthropic.claude-sonnet-4-5-20250929-v1:0",
      claudeBody("a", { output_config }),
    );
    expect(JSON.parse(claude.json.content[0].text)).toEqual({ city: expect.any(String) });
    const response_format = { type: "json_schema", json_schema: { name: "a", schema: SCHEMA } };
    const oss = await invoke(OSS, chat({ response_format }));
    expect(JSON.parse(oss.json.choices[0].message.content)).toEqual({ city: expect.any(String) });
    expect((await invoke(LLAMA, { prompt: "a", max_gen_len: 2 })).json).toMatchObject({
      stop_reason: "length",
      generation_token_count: 2,
    });
    const titan = { inputText: "a", textGenerationConfig: { stopSequences: ["####"] } };
    expect((await invoke(TITAN, titan)).json.results[0].completionReason).toBe("STOP_CRITERIA_MET");
    const stopped = await invoke(CLAUDE, claudeBody("a", { stop_sequences: ["####"] }));
    expect(stopped.json).toMatchObject({ stop_reason: "stop_sequence", stop_sequence: "####" });
  });
});

describe("embeddings", () => {
  test("of Titan: one text, the vector of its dimensions and types", async () => {
    const first = await invoke(EMBED_1, { inputText: "a" });
    expect(first.json).toEqual({ embedding: expect.any(Array), inputTextTokenCount: 1 });
    expect(first.json.embedding).toHaveLength(1_536);
    const second = await invoke(EMBED_2, {
      inputText: "a",
      dimensions: 256,
      normalize: true,
      embeddingTypes: ["float", "binary"],
    });
    expect(second.json.embedding).toHaveLength(256);
    expect(Math.hypot(...second.json.embedding)).toBeCloseTo(1, 5);
    expect(second.json.embeddingsByType.binary).toHaveLength(256);
  });

  test("of Cohere: as many vectors as texts, by type where types were asked for", async () => {
    const plain = await invoke(COHERE_3, cohere());
    expect(plain.json).toMatchObject({ texts: ["a", "b"], response_type: "embeddings_floats" });
    expect(plain.json.embeddings.map((one: readonly number[]) => one.length)).toEqual([
      1_024, 1_024,
    ]);
    const typed = await invoke(
      COHERE_4,
      cohere({ embedding_types: ["float", "int8"], output_dimension: 512 }),
    );
    expect(typed.json.response_type).toBe("embeddings_by_type");
    expect(typed.json.embeddings.int8[1]).toHaveLength(512);
  });
});

function tool() {
  return { name: "weather", input_schema: SCHEMA };
}

const turn = (...content: unknown[]) => ({ messages: [{ role: "user", content }] });
const CALL = { type: "tool_use", id: "t1", name: "weather", input: {} };
const RESULT = { type: "tool_result", tool_use_id: "t1", content: "sun" };

describe("what a model refuses", () => {
  test.each([
    ["no version", { anthropic_version: undefined }, "anthropic_version: Field required"],
    [
      "another version",
      { anthropic_version: "2023-06-01" },
      "Input should be 'bedrock-2023-05-31'",
    ],
    ["no limit", { max_tokens: undefined }, "max_tokens: Field required"],
    ["a limit of zero", { max_tokens: 0 }, "greater than or equal to 1"],
    ["a model", { model: "claude" }, "model: Extra inputs are not permitted"],
    ["a stream", { stream: true }, "stream: Extra inputs are not permitted"],
    ["no messages", { messages: [] }, "at least one message is required"],
    ["an unknown member of a block", turn({ type: "text", text: "a", x: 1 }), "content.0.x: Extra"],
    ["an empty text", turn({ type: "text", text: "" }), "must be non-empty"],
    ["an address", turn({ type: "image", source: { type: "url", url: "https://a" } }), "'base64'"],
    ["an answer to no call", turn(RESULT), "unexpected `tool_use_id`"],
    [
      "a call without its answer",
      {
        messages: [
          { role: "user", content: "a" },
          { role: "assistant", content: [CALL] },
          { role: "user", content: "b" },
        ],
      },
      "without `tool_result` blocks immediately after: t1",
    ],
    ["an assistant first", { messages: [{ role: "assistant", content: "a" }] }, "first message"],
    ["a system turn", { messages: [{ role: "system", content: "a" }] }, "'user' or 'assistant'"],
    ["heat", { temperature: 1.1 }, "less than or equal to 1"],
    ["thinking, being too old", { thinking: { type: "adaptive" } }, "thinking is not supported"],
    ["a choice without tools", { tool_choice: { type: "any" } }, "while providing `tools`"],
    ["a tool without a schema", { tools: [{ name: "a" }] }, "input_schema: Field required"],
    ["a blank stop sequence", { stop_sequences: [" "] }, "non-whitespace"],
    ["structured output, being too old", { output_config: { format: format() } }, "Extra inputs"],
  ])("Claude: %s", async (_title, change, message) => {
    const reply = await invoke(CLAUDE, claudeBody("a", change));
    expect([reply.status, reply.type]).toEqual([400, "ValidationException"]);
    expect(reply.json.message).toContain(message);
  });

  test("newer Claudes refuse other things", async () => {
    const refusal = async (model: string, change: Readonly<Record<string, unknown>>) =>
      (await invoke(`anthropic.claude-${model}`, claudeBody("a", change))).json.message;
    const prefill = [
      { role: "user", content: "a" },
      { role: "assistant", content: "b" },
    ];
    expect(await refusal("opus-4-6-v1", { messages: prefill })).toContain("prefill");
    expect(await refusal("opus-4-1-20250805-v1:0", { temperature: 1, top_p: 1 })).toContain("both");
    const thinking = { type: "enabled", budget_tokens: 1_024 };
    expect(await refusal("3-7-sonnet-20250219-v1:0", { thinking })).toContain("budget_tokens");
  });

  const malformed = "Malformed input request: #";
  test.each([
    ["Nova", NOVA, { messages: "a" }, "/messages: expected type: JSONArray, found: String"],
    ["Nova", NOVA, nova({ max_tokens: 5 }), ": extraneous key [max_tokens] is not permitted"],
    ["Nova", NOVA, nova({ schemaVersion: "2" }), "/schemaVersion: 2 is not a valid enum value"],
    ["Llama", LLAMA, {}, ": required key [prompt] not found"],
    ["Llama", LLAMA, { prompt: "a", max_tokens: 1 }, ": extraneous key [max_tokens]"],
    ["Llama", LLAMA, { prompt: "a", temperature: 2 }, "/temperature: 2 is not less or equal to 1"],
    ["Mistral", MISTRAL, { prompt: "a", max_gen_len: 1 }, ": extraneous key [max_gen_len]"],
    ["Titan", TITAN, { prompt: "a" }, ": required key [inputText] not found"],
    ["Titan", TITAN, { inputText: "" }, "/inputText: expected minLength: 1, actual: 0"],
    ["gpt-oss", OSS, { prompt: "a" }, ": required key [messages] not found"],
    ["gpt-oss", OSS, chat({ n: 2 }), "/n: 2 is not less or equal to 1"],
    ["Titan's embeddings", EMBED_1, { inputText: "a", dimensions: 256 }, ": extraneous key"],
    ["Titan's embeddings", EMBED_2, { inputText: ["a"] }, "/inputText: expected type: String"],
    ["Cohere's embeddings", COHERE_3, { texts: ["a"] }, ": required key [input_type]"],
    [
      "Cohere's embeddings",
      COHERE_3,
      cohere({ texts: Array(97).fill("a") }),
      "/texts: expected maximum item count: 96, found: 97",
    ],
    ["Cohere's embeddings", COHERE_3, cohere({ output_dimension: 256 }), ": extraneous key"],
  ])("%s: %s %j", async (...[, model, body, message]) => {
    const reply = await invoke(model, body);
    expect([reply.status, reply.type]).toEqual([400, "ValidationException"]);
    expect(reply.json.message).toContain(malformed + message);
  });

  test("a model in the body of a chat: allowed in a call, not in a record", async () => {
    const body = chat({ model: OSS, stream: false });
    expect((await invoke(OSS, body)).status).toBe(200);
    const id = await createJob(stage, recordOf("a", body), { modelId: OSS });
    await stage.control.complete(id);
    expect(await readRows(stage, id)).toMatchObject([
      { error: { errorCode: 400, errorMessage: expect.stringContaining("[model]") } },
    ]);
  });

  test("dimensions that a model doesn't have", async () => {
    const reply = await invoke(EMBED_2, { inputText: "a", dimensions: 100 });
    expect(reply.json.message).toContain("1024, 512, 256");
  });
});

function format() {
  return { type: "json_schema", schema: SCHEMA };
}
