import { expect, test } from "vitest";
import { specProblem } from "../../support/specs.ts";
import { startStage } from "./stage.ts";

type Stage = Awaited<ReturnType<typeof startStage>>;
type Request = Readonly<Record<string, unknown>>;

const QUESTION = [{ role: "user", parts: [{ text: "What is 2 + 2?" }] }];

async function generate(stage: Stage, request: Request, model = "gemini-2.5-flash") {
  const json = { contents: QUESTION, ...request };
  return stage.call("POST", `/v1beta/models/${model}:generateContent`, { json });
}

test("the same request has the same answer, and another one another", async () => {
  await using stage = await startStage();
  const first = (await generate(stage, {})).json;
  expect((await generate(stage, {})).json).toEqual(first);
  expect(first.candidates[0]).toMatchObject({
    content: {
      role: "model",
      parts: [{ text: expect.stringMatching(/2 \+ 2\?[\s\S]*#### \d+$/) }],
    },
    finishReason: "STOP",
    index: 0,
  });
  expect(first.usageMetadata.totalTokenCount).toBe(
    first.usageMetadata.promptTokenCount + first.usageMetadata.candidatesTokenCount,
  );
  const config = { generation_config: { candidate_count: 3, seed: "4" } };
  const { candidates } = (await generate(stage, config)).json;
  const texts = candidates.map((one: (typeof candidates)[0]) => one.content.parts[0].text);
  expect(new Set([...texts, first.candidates[0].content.parts[0].text]).size).toBe(4);
});

test("an answer ends at a stop sequence, and at its limit; with no room left it has no parts", async () => {
  await using stage = await startStage();
  const stopped = await generate(stage, { generationConfig: { stopSequences: ["####"] } });
  expect(stopped.json.candidates[0].content.parts[0].text).not.toContain("####");
  const short = await generate(stage, { generationConfig: { maxOutputTokens: 3 } });
  expect(short.json.candidates[0].finishReason).toBe("MAX_TOKENS");
  expect(short.json.usageMetadata.candidatesTokenCount).toBe(3);
  const thinkingConfig = { thinkingBudget: 100 };
  const none = await generate(stage, { generationConfig: { maxOutputTokens: 50, thinkingConfig } });
  expect(none.json.candidates[0]).toEqual({
    content: { role: "model" },
    finishReason: "MAX_TOKENS",
    index: 0,
  });
  expect(none.json.usageMetadata.candidatesTokenCount).toBeUndefined();
});

test("thinking is counted, and shown where the request says so", async () => {
  await using stage = await startStage();
  const config = { thinkingConfig: { thinkingBudget: 64, includeThoughts: true } };
  const shown = (await generate(stage, { generationConfig: config })).json;
  expect(shown.candidates[0].content.parts[0].thought).toBe(true);
  expect(shown.usageMetadata.thoughtsTokenCount).toBe(64);
  const off = { thinkingConfig: { thinkingBudget: 0, includeThoughts: true } };
  const plain = (await generate(stage, { generationConfig: off })).json;
  expect(plain.candidates[0].content.parts).toHaveLength(1);
  expect(plain.usageMetadata.thoughtsTokenCount).toBeUndefined();
});

const WEATHER = {
  name: "weather",
  parameters: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};
const TIME = { name: "time", parametersJsonSchema: { type: "object", properties: {} } };
const TOOLS = [{ functionDeclarations: [WEATHER, TIME] }];

function choose(mode: string, allowedFunctionNames: readonly string[] = []) {
  return { toolConfig: { functionCallingConfig: { mode, allowedFunctionNames } } };
}

test("a function is called where the request leaves no choice", async () => {
  await using stage = await startStage();
  const any = (await generate(stage, { tools: TOOLS, ...choose("ANY") })).json.candidates[0];
  expect(any).toMatchObject({ finishReason: "STOP" });
  expect(any.content.parts).toEqual([
    { functionCall: { name: "weather", args: { city: expect.any(String) } } },
  ]);
  const named = await generate(stage, { tools: TOOLS, ...choose("ANY", ["time"]) });
  expect(named.json.candidates[0].content.parts[0].functionCall.name).toBe("time");
  const auto = await generate(stage, { tools: TOOLS, ...choose("AUTO") });
  expect(auto.json.candidates[0].content.parts[0].text).toBeDefined();
});

test("newer models give calls an id and a signature, and want the signature back", async () => {
  await using stage = await startStage();
  const model = "gemini-3-flash-preview";
  const called = await generate(stage, { tools: TOOLS, ...choose("ANY") }, model);
  const { content } = called.json.candidates[0];
  const [part] = content.parts;
  expect(part.functionCall.id).toMatch(/^call_/);
  const { name, id } = part.functionCall;
  const answer = { functionResponse: { id, name, response: { result: "sunny" } } };
  const turn = (call: unknown) => ({
    tools: TOOLS,
    contents: [...QUESTION, { role: "model", parts: [call] }, { role: "user", parts: [answer] }],
  });
  expect((await generate(stage, turn(part), model)).status).toBe(200);
  const { thoughtSignature: _signature, ...bare } = part;
  const refused = await generate(stage, turn(bare), model);
  expect(refused.json.error.message).toContain("missing a `thought_signature`");
  expect((await generate(stage, turn(bare))).status).toBe(200);
});

test("a schema gets JSON that fits, in the order it asks for", async () => {
  await using stage = await startStage();
  const responseSchema = {
    type: "OBJECT",
    properties: {
      name: { type: "string", minLength: "9" },
      tags: { type: "ARRAY", items: { type: "STRING", enum: ["x", "y"] }, minItems: 2 },
      age: { type: "INTEGER", minimum: 5, maximum: 6 },
    },
    required: ["name", "tags", "age"],
    propertyOrdering: ["age", "name", "tags"],
  };
  const config = { responseMimeType: "application/json", responseSchema };
  const reply = (await generate(stage, { generationConfig: config })).json;
  const value = JSON.parse(reply.candidates[0].content.parts[0].text);
  expect(Object.keys(value)).toEqual(["age", "name", "tags"]);
  expect([5, 6]).toContain(value.age);
  expect(value.name.length).toBeGreaterThanOrEqual(9);
  expect(value.tags).toHaveLength(2);
  const word = await generate(stage, {
    generationConfig: {
      responseMimeType: "text/x.enum",
      responseSchema: { type: "STRING", enum: ["yes", "no"] },
    },
  });
  expect(["yes", "no"]).toContain(word.json.candidates[0].content.parts[0].text);
});

test("a JSON Schema, references and all, gets JSON that fits outside of batches", async () => {
  await using stage = await startStage();
  const responseJsonSchema = {
    type: "object",
    properties: { inner: { $ref: "#/$defs/inner" } },
    required: ["inner"],
    $defs: { inner: { type: ["integer", "null"], minimum: 7, maximum: 7 } },
  };
  const config = { responseMimeType: "application/json", responseJsonSchema };
  const reply = (await generate(stage, { generationConfig: config })).json;
  expect(JSON.parse(reply.candidates[0].content.parts[0].text)).toEqual({ inner: 7 });
});

test("log probabilities come where they are asked for", async () => {
  await using stage = await startStage();
  const config = { responseLogprobs: true, logprobs: 2, maxOutputTokens: 4 };
  const [candidate] = (await generate(stage, { generationConfig: config })).json.candidates;
  expect(candidate.logprobsResult.chosenCandidates).toHaveLength(4);
  expect(candidate.logprobsResult.topCandidates[0].candidates).toHaveLength(2);
});

const CALL = { role: "model", parts: [{ functionCall: { name: "weather", args: {} } }] };

test.each<readonly [what: string, request: Request, problem: string]>([
  ["no contents", { contents: [] }, "contents is not specified"],
  ["contents without parts", { contents: [{ role: "user" }] }, "must not be empty"],
  ["a part without data", { contents: [{ parts: [{ thought: true }] }] }, "oneof field 'data'"],
  [
    "a role of another API",
    { contents: [{ role: "assistant", parts: [{ text: "a" }] }] },
    "valid role",
  ],
  ["a field of another API", { messages: [] }, 'Unknown name "messages": Cannot find field.'],
  ["the same field twice", { tool_config: {}, toolConfig: {} }, "already set"],
  ["a temperature out of range", { generationConfig: { temperature: 2.5 } }, "temperature"],
  ["too many stops", { generationConfig: { stopSequences: "abcdef".split("") } }, "stop_sequences"],
  ["too many candidates", { generationConfig: { candidateCount: 9 } }, "candidate_count"],
  ["a schema for plain text", { generationConfig: { responseSchema: { type: "STRING" } } }, "mime"],
  [
    "a keyword of JSON Schema",
    { generationConfig: { responseSchema: { type: "OBJECT", additionalProperties: false } } },
    'Unknown name "additionalProperties"',
  ],
  ["a thinking level", { generationConfig: { thinkingConfig: { thinkingLevel: "LOW" } } }, "level"],
  [
    "no properties",
    {
      tools: [
        { functionDeclarations: [{ name: "a", parameters: { type: "OBJECT", properties: {} } }] },
      ],
    },
    "non-empty",
  ],
  ["a bad function name", { tools: [{ functionDeclarations: [{ name: "1a" }] }] }, "function name"],
  ["a function twice", { tools: [...TOOLS, ...TOOLS] }, "Duplicate"],
  ["a choice among no functions", choose("ANY"), "without function_declarations"],
  ["names where there is a choice", { tools: TOOLS, ...choose("AUTO", ["time"]) }, "ANY"],
  ["an unknown name", { tools: TOOLS, ...choose("ANY", ["tme"]) }, "'tme'"],
  [
    "a call without its answer",
    { contents: [...QUESTION, CALL, ...QUESTION] },
    "number of function",
  ],
  [
    "a file that isn't there",
    { contents: [{ parts: [{ fileData: { fileUri: "files/x" } }] }] },
    "File x",
  ],
  ["another model", { model: "models/gemini-2.5-pro" }, "gemini-2.5-pro"],
])("a request with %s is refused", async (_, request, problem) => {
  await using stage = await startStage();
  const refused = await generate(stage, request);
  expect(refused.status).toBeGreaterThanOrEqual(400);
  expect(refused.json.error.message).toContain(problem);
});

test("a stream brings the same text in pieces, as events and as a list", async () => {
  await using stage = await startStage();
  const whole = (await generate(stage, {})).json;
  const path = "/v1beta/models/gemini-2.5-flash:streamGenerateContent";
  const json = { contents: QUESTION };
  const events = await stage.call("POST", `${path}?alt=sse`, { json });
  expect(events.headers.get("content-type")).toBe("text/event-stream");
  const pieces = events.text
    .split("\r\n\r\n")
    .filter((event) => event !== "")
    .map((event) => JSON.parse(event.replace(/^data: /, "")));
  expect(pieces.length).toBeGreaterThan(2);
  const text = pieces.map((piece) => piece.candidates[0].content.parts[0].text).join("");
  expect(text).toBe(whole.candidates[0].content.parts[0].text);
  expect(pieces.map((piece) => piece.candidates[0].finishReason).filter(Boolean)).toEqual(["STOP"]);
  expect((await stage.call("POST", path, { json })).json).toEqual(pieces);
});

test("only a whole embedding has the length 1", async () => {
  await using stage = await startStage();
  const embed = async (request: Request) => {
    const json = { content: { parts: [{ text: "a" }] }, ...request };
    const path = "/v1beta/models/gemini-embedding-001:embedContent";
    return (await stage.call("POST", path, { json })).json.embedding.values;
  };
  const whole = await embed({});
  expect(whole).toHaveLength(3_072);
  expect(Math.hypot(...whole)).toBeCloseTo(1, 5);
  expect(await embed({ outputDimensionality: 256 })).toEqual(whole.slice(0, 256));
  expect(await embed({ taskType: "CLUSTERING" })).not.toEqual(whole);
});

test.each([
  ["more values than there are", { outputDimensionality: 4_000 }],
  ["no text", { content: { parts: [] } }],
  ["a title without its task", { title: "T" }],
  ["an unknown task", { taskType: "SINGING" }],
])("an embedding with %s is refused", async (_, request) => {
  await using stage = await startStage();
  const json = { content: { parts: [{ text: "a" }] }, ...request };
  const path = "/v1beta/models/gemini-embedding-001:embedContent";
  expect((await stage.call("POST", path, { json })).status).toBe(400);
});

test("up to a hundred embeddings come in one call, and each names the model", async () => {
  await using stage = await startStage();
  const path = "/v1beta/models/gemini-embedding-001:batchEmbedContents";
  const one = { model: "models/gemini-embedding-001", content: { parts: [{ text: "a" }] } };
  const send = (requests: readonly unknown[]) => stage.call("POST", path, { json: { requests } });
  expect((await send([one, one])).json.embeddings).toHaveLength(2);
  expect((await send(Array.from({ length: 101 }, () => one))).status).toBe(400);
  expect((await send([{ content: one.content }])).status).toBe(400);
});

test("tokens are counted of contents, or of a whole request that names its model", async () => {
  await using stage = await startStage();
  const count = async (json: Request) =>
    stage.call("POST", "/v1beta/models/gemini-2.5-flash:countTokens", { json });
  const { promptTokenCount } = (await generate(stage, {})).json.usageMetadata;
  const whole = { model: "models/gemini-2.5-flash", contents: QUESTION };
  for (const json of [{ contents: QUESTION }, { generateContentRequest: whole }]) {
    const reply = await count(json);
    expect(specProblem("gemini", "CountTokensResponse", reply.json)).toBeNull();
    expect(reply.json.totalTokens).toBe(promptTokenCount);
  }
  for (const json of [
    {},
    { contents: QUESTION, generateContentRequest: whole },
    { generateContentRequest: { contents: QUESTION } },
    { generateContentRequest: { ...whole, model: "models/gemini-2.5-pro" } },
    { generateContentRequest: { ...whole, max_tokens: 1 } },
  ]) {
    expect([json, (await count(json)).status]).toEqual([json, 400]);
  }
});
