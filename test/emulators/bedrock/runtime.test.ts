import {
  ConverseCommand,
  ConverseStreamCommand,
  CountTokensCommand,
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from "@aws-sdk/client-bedrock-runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CONVERSE } from "../../../src/emulators/bedrock/answers/converse-shapes.ts";
import { COUNT } from "../../../src/emulators/bedrock/answers/count.ts";
import { streamConverse } from "../../../src/emulators/bedrock/answers/converse-stream.ts";
import { specProblem } from "../../support/specs.ts";
import { differences } from "./shape-spec.ts";
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

const user = (text: string) => [{ role: "user" as const, content: [{ text }] }];
const SCHEMA = {
  type: "object",
  properties: { city: { type: "string" }, count: { type: "integer" } },
  required: ["city", "count"],
  additionalProperties: false,
};
const TOOLS = {
  tools: [{ toolSpec: { name: "weather", inputSchema: { json: SCHEMA } } }],
};

async function converse(body: unknown, model = CLAUDE) {
  return stage.call("POST", `/model/${encodeURIComponent(model)}/converse`, { json: body });
}

describe("Converse", () => {
  test("takes exactly the members that AWS's model has", () => {
    expect(differences(CONVERSE, "bedrock", "ConverseRequest")).toEqual([]);
  });

  test("AWS's own client gets an answer, streamed the same one", async () => {
    const request = { modelId: CLAUDE, messages: user("How many apples?") };
    const whole = await stage.runtime.send(new ConverseCommand(request));
    const text = whole.output?.message?.content?.[0]?.text ?? "";
    expect(text).toContain("How many apples?");
    expect(text).toMatch(/\n#### \d+$/);
    expect(whole.stopReason).toBe("end_turn");
    expect(whole.usage?.totalTokens).toBe(
      (whole.usage?.inputTokens ?? 0) + (whole.usage?.outputTokens ?? 0),
    );
    const { stream } = await stage.runtime.send(new ConverseStreamCommand(request));
    const events = [];
    for await (const event of stream ?? []) events.push(event);
    expect(events.map((event) => event.contentBlockDelta?.delta?.text ?? "").join("")).toBe(text);
    expect(events[0]).toEqual({ messageStart: { role: "assistant" } });
    expect(events.at(-2)).toEqual({ messageStop: { stopReason: "end_turn" } });
    expect(events.at(-1)?.metadata?.usage).toEqual(whole.usage);
  });

  test("a tool is called where the choice leaves no way around it, streamed too", async () => {
    const request = {
      modelId: CLAUDE,
      messages: user("Weather?"),
      toolConfig: { ...TOOLS, toolChoice: { any: {} } },
    };
    const { output, stopReason } = await stage.runtime.send(new ConverseCommand(request));
    const call = output?.message?.content?.[0]?.toolUse;
    expect(stopReason).toBe("tool_use");
    expect(call).toMatchObject({ name: "weather", input: { city: expect.any(String) } });
    const { stream } = await stage.runtime.send(new ConverseStreamCommand(request));
    const ids: (string | undefined)[] = [];
    let input = "";
    for await (const event of stream ?? []) {
      input += event.contentBlockDelta?.delta?.toolUse?.input ?? "";
      ids.push(event.contentBlockStart?.start?.toolUse?.toolUseId);
    }
    expect(ids.filter((id) => id !== undefined)).toEqual([call?.toolUseId]);
    expect(JSON.parse(input)).toEqual(call?.input);
    const free = await converse({ messages: user("Weather?"), toolConfig: TOOLS });
    expect(free.json.stopReason).toBe("end_turn");
  });

  test("limits, stop sequences, schemas and thinking are heeded", async () => {
    const short = await converse({ messages: user("a"), inferenceConfig: { maxTokens: 3 } });
    expect(short.json).toMatchObject({ stopReason: "max_tokens", usage: { outputTokens: 3 } });
    const stopped = await converse({
      messages: user("a"),
      inferenceConfig: { stopSequences: ["####"] },
    });
    expect(stopped.json.stopReason).toBe("stop_sequence");
    const structured = await converse({
      messages: user("a"),
      outputConfig: {
        textFormat: {
          type: "json_schema",
          structure: { jsonSchema: { schema: JSON.stringify(SCHEMA) } },
        },
      },
    });
    const [{ text }] = structured.json.output.message.content;
    expect(JSON.parse(text)).toEqual({ city: expect.any(String), count: expect.any(Number) });
    const thinking = await converse({
      messages: user("a"),
      additionalModelRequestFields: { thinking: { type: "enabled", budget_tokens: 1_024 } },
    });
    expect(thinking.json.output.message.content[0].reasoningContent).toBeDefined();
    for (const [type, payload] of streamConverse(thinking.json)) {
      expect(specProblem("bedrock", "ConverseStreamOutput", { [type]: payload })).toBeNull();
    }
  });

  test("a stream breaks off with an exception where the control says so", async () => {
    const request = { modelId: CLAUDE, messages: user("How many apples?") };
    const read = async () => {
      const { stream } = await stage.runtime.send(new ConverseStreamCommand(request));
      let events = 0;
      for await (const event of stream ?? []) events += Object.keys(event).length;
      return events;
    };
    stage.control.failStreams(1);
    await expect(read()).rejects.toMatchObject({ name: "ThrottlingException" });
    expect(await read()).toBeGreaterThan(5);
  });

  const call = { toolUse: { toolUseId: "t1", name: "weather", input: {} } };
  const result = { toolResult: { toolUseId: "t1", content: [{ text: "sun" }] } };
  const turns = (...contents: unknown[]) =>
    contents.map((content, index) => ({
      role: index % 2 === 0 ? "user" : "assistant",
      content,
    }));

  test.each([
    ["no messages", {}, "must start with a user message"],
    [
      "an assistant first",
      { messages: [{ role: "assistant", content: [{ text: "a" }] }] },
      "start",
    ],
    ["two users in a row", { messages: [...user("a"), ...user("b")] }, "must alternate"],
    ["a string as content", { messages: [{ role: "user", content: "a" }] }, "type array"],
    ["a content of nothing", { messages: turns([]) }, "messages.0 is empty"],
    ["a blank text", { messages: turns([{ text: " " }]) }, "messages.0.content.0 is blank"],
    ["two in one block", { messages: turns([{ text: "a", cachePoint: {} }]) }, "exactly one of"],
    ["an unknown role", { messages: [{ role: "tool", content: [] }] }, "[user, assistant, system]"],
    ["an unknown member", { messages: user("a"), max_tokens: 5 }, "max_tokens is not a member"],
    ["a model", { messages: user("a"), modelId: CLAUDE }, "modelId is not a member"],
    ["heat", { messages: user("a"), inferenceConfig: { temperature: 1.5 } }, "less than or equal"],
    [
      "no room",
      { messages: user("a"), inferenceConfig: { maxTokens: 0 } },
      "greater than or equal",
    ],
    [
      "an image that is no base64",
      { messages: turns([{ image: { format: "png", source: { bytes: "?" } } }]) },
      "base64",
    ],
    [
      "a document alone",
      { messages: turns([{ document: { name: "a", source: { text: "b" } } }]) },
      "has a document and no text",
    ],
    [
      "a document's name with a dot",
      { messages: turns([{ text: "a" }, { document: { name: "a.pdf", source: { text: "b" } } }]) },
      "document file name",
    ],
    ["calls without tools", { messages: turns([{ text: "a" }], [call], [result]) }, "toolConfig"],
    [
      "a call without its result",
      { toolConfig: TOOLS, messages: turns([{ text: "a" }], [call], [{ text: "b" }]) },
      "Expected toolResult blocks at messages.2.content for the following Ids: t1",
    ],
    [
      "a result without its call",
      { toolConfig: TOOLS, messages: turns([result]) },
      "exceeds the number of toolUse blocks",
    ],
    [
      "a choice of no tool",
      { messages: user("a"), toolConfig: { ...TOOLS, toolChoice: { tool: { name: "none" } } } },
      "none of the tools",
    ],
    [
      "a schema that is no JSON",
      {
        messages: user("a"),
        outputConfig: {
          textFormat: { type: "json_schema", structure: { jsonSchema: { schema: "{" } } },
        },
      },
      "not a JSON object",
    ],
  ])("%s is refused", async (_title, body, message) => {
    const reply = await converse(body);
    expect([reply.status, reply.type]).toEqual([400, "ValidationException"]);
    expect(reply.json.message).toContain(message);
  });

  test("in a job it is the same, but for tools", async () => {
    const fine = { messages: user("a") };
    const withTools = { ...fine, toolConfig: TOOLS };
    const records = `${recordOf("fine", fine)}\n${recordOf("tools", withTools)}\n`;
    const id = await createJob(stage, records, { modelInvocationType: "Converse" });
    await stage.control.complete(id);
    const rows = await readRows(stage, id);
    const of = (name: string) => rows.find(({ recordId }) => recordId === name);
    expect(of("fine").modelOutput).toEqual((await converse(fine)).json);
    expect(specProblem("bedrock", "ConverseResponse", of("fine").modelOutput)).toBeNull();
    expect(of("tools").error).toMatchObject({
      errorCode: 400,
      errorMessage: expect.stringContaining("toolConfig"),
    });
  });

  test("is for models that talk", async () => {
    const reply = await converse({ messages: user("a") }, "amazon.titan-embed-text-v2:0");
    expect(reply.json.message).toContain("supported text or chat model");
  });
});

describe("InvokeModel", () => {
  test("AWS's own client gets an answer, streamed the same one, with Bedrock's metrics", async () => {
    const body = JSON.stringify(claudeBody("How many pears?"));
    const whole = await stage.runtime.send(new InvokeModelCommand({ modelId: CLAUDE, body }));
    const message = JSON.parse(whole.body.transformToString());
    expect(whole.contentType).toBe("application/json");
    const streamed = await stage.runtime.send(
      new InvokeModelWithResponseStreamCommand({ modelId: CLAUDE, body }),
    );
    expect(streamed.contentType).toBe("application/json");
    const chunks = [];
    for await (const { chunk } of streamed.body ?? []) {
      chunks.push(JSON.parse(Buffer.from(chunk?.bytes ?? []).toString()));
    }
    expect(chunks.map(({ delta }) => delta?.text ?? "").join("")).toBe(message.content[0].text);
    expect(chunks.at(-1)).toMatchObject({
      type: "message_stop",
      "amazon-bedrock-invocationMetrics": {
        inputTokenCount: message.usage.input_tokens,
        outputTokenCount: message.usage.output_tokens,
      },
    });
  });

  test("a model's id may come with its colons encoded or raw, or as an ARN", async () => {
    const json = claudeBody("a");
    const arn = `arn:aws:bedrock:us-east-1::foundation-model/${CLAUDE}`;
    const texts: string[] = [];
    for (const path of [CLAUDE, encodeURIComponent(CLAUDE), encodeURIComponent(arn)]) {
      const reply = await stage.call("POST", `/model/${path}/invoke`, { json });
      expect(reply.headers.get("x-amzn-bedrock-input-token-count")).toMatch(/^\d+$/);
      texts.push(reply.json.content[0].text);
    }
    expect(new Set(texts).size).toBe(1);
  });

  test.each([
    ["an unknown model", "acme.model-v1", claudeBody("a"), "model identifier is invalid"],
    ["no object", CLAUDE, [], "not a JSON object"],
  ])("%s is refused", async (...[, model, json, message]) => {
    const reply = await stage.call("POST", `/model/${model}/invoke`, { json });
    expect([reply.status, reply.type]).toEqual([400, "ValidationException"]);
    expect(reply.json.message).toContain(message);
  });

  test("a body beyond 25 MB is refused", async () => {
    await using narrow = await startStage({ limits: { bodyBytes: 100 } });
    const reply = await narrow.call("POST", `/model/${CLAUDE}/invoke`, { json: claudeBody("a") });
    expect([reply.status, reply.type]).toEqual([413, "ValidationException"]);
  });

  test("embeddings aren't streamed", async () => {
    const reply = await stage.call(
      "POST",
      "/model/amazon.titan-embed-text-v1/invoke-with-response-stream",
      { json: { inputText: "a" } },
    );
    expect(reply.json.message).toContain("unsupported for streaming");
  });

  test("an answer is as long as was asked", async () => {
    await using long = await startStage({ minCharacters: 2_000 });
    const reply = await long.call("POST", `/model/${CLAUDE}/invoke`, {
      json: claudeBody("a", { max_tokens: 4_000 }),
    });
    expect(reply.json.content[0].text.length).toBeGreaterThan(2_000);
  });
});

describe("CountTokens", () => {
  test("takes exactly the members that AWS's model has", () => {
    expect(differences(COUNT, "bedrock", "CountTokensRequest")).toEqual([]);
  });

  test("AWS's own client is told what the same request is charged for", async () => {
    const converse = { messages: user("How many pears?") };
    const { usage } = await stage.runtime.send(
      new ConverseCommand({ modelId: CLAUDE, ...converse }),
    );
    const counted = await stage.runtime.send(
      new CountTokensCommand({ modelId: CLAUDE, input: { converse } }),
    );
    expect(counted.inputTokens).toBe(usage?.inputTokens);
    const body = Buffer.from(JSON.stringify(claudeBody("How many pears?")));
    const own = await stage.runtime.send(
      new CountTokensCommand({ modelId: CLAUDE, input: { invokeModel: { body } } }),
    );
    expect(own.inputTokens).toBeGreaterThan(3);
  });

  test.each([
    { what: "a model that counts nothing", model: "amazon.nova-lite-v1:0", own: {} },
    { what: "no input", model: CLAUDE, own: { input: undefined } },
    { what: "two inputs", model: CLAUDE, own: { input: { converse: {}, invokeModel: {} } } },
    { what: "settings", model: CLAUDE, own: { input: { converse: { inferenceConfig: {} } } } },
    { what: "no JSON", model: CLAUDE, own: { input: { invokeModel: { body: "bm8=" } } } },
  ])("refuses $what", async ({ model, own }) => {
    const json = { input: { converse: { messages: user("Hello") } }, ...own };
    const path = `/model/${encodeURIComponent(model)}/count-tokens`;
    expect((await stage.call("POST", path, { json })).status).toBe(400);
  });
});
