import type Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  MODELS,
  type ProviderName,
  PROVIDERS,
  startWorld,
  type World,
} from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());
beforeEach(() => {
  for (const provider of PROVIDERS) world.emulators[provider].control.clearJournal();
});

const COUNTING = ["anthropic", "gemini", "bedrock"] as const;

function asked(provider: ProviderName): Anthropic.MessageCountTokensParams {
  return {
    model: MODELS[provider],
    system: "Answer in one word.",
    messages: [{ role: "user", content: "How many apples are in a dozen?" }],
    tools: [{ name: "count", input_schema: { type: "object", properties: {} } }],
  };
}

const calls = (provider: ProviderName) => world.emulators[provider].control.journal();

describe.each(COUNTING)("tokens of a message to %s", (provider) => {
  test("are what the same message is charged for", async () => {
    const { messages } = world.anthropic({ provider });
    const counted = await messages.countTokens(asked(provider));
    expect(Object.keys(counted).filter((key) => key !== "_request_id")).toEqual(["input_tokens"]);
    const { usage } = await messages.create({ ...asked(provider), max_tokens: 1 });
    expect(counted.input_tokens).toBe(usage.input_tokens);
    expect(counted.input_tokens).toBeGreaterThan(10);
  });

  test("are counted for the namespace of betas and for thinking too", async () => {
    const { messages } = world.anthropic({ provider }).beta;
    const model = {
      anthropic: "claude-sonnet-4-5-20250929",
      gemini: "gemini-2.5-flash",
      bedrock: "anthropic.claude-sonnet-4-5-20250929-v1:0",
    }[provider];
    const counted = await messages.countTokens({
      ...asked(provider),
      model,
      thinking: { type: "enabled", budget_tokens: 2_000 },
      betas: ["context-1m-2025-08-07"],
    });
    expect(counted.input_tokens).toBeGreaterThan(10);
  });

  test("of a message that is wrong are its refusal, in Anthropic's shape", async () => {
    const { messages } = world.anthropic({ provider });
    await expect(
      messages.countTokens({ ...asked(provider), messages: "Hello" as never }),
    ).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
    });
  });

  test("that the provider won't count are its error", async () => {
    const { control } = world.emulators[provider];
    const fault = { kind: "status", status: 429, method: "POST", path: "count", times: 1 } as const;
    control.inject({ ...fault, path: "count.?[tT]okens" });
    const { messages } = world.anthropic({ provider });
    await expect(messages.countTokens(asked(provider))).rejects.toMatchObject({
      status: 429,
      type: "rate_limit_error",
    });
    control.clearFaults();
  });
});

test("what was written goes to Anthropic as it is", async () => {
  const { messages } = world.anthropic();
  await messages.countTokens({ ...asked("anthropic"), model: `anthropic/${MODELS.anthropic}` });
  expect(JSON.parse(String(calls("anthropic")[0]?.body))).toEqual(asked("anthropic"));
  const odd = { ...asked("anthropic"), max_tokens: 5 };
  await expect(messages.countTokens(odd)).rejects.toMatchObject({
    status: 400,
    apiMessage: "max_tokens: Extra inputs are not permitted",
  });
});

test("Bedrock counts the body that would be sent, by either way into it", async () => {
  const { messages } = world.anthropic({ provider: "bedrock" });
  await messages.countTokens(asked("bedrock"));
  const converse = { ...asked("bedrock"), model_invocation_type: "Converse" };
  await messages.countTokens(converse);
  const inputs = calls("bedrock").map(({ body }) => JSON.parse(String(body)).input);
  expect(JSON.parse(Buffer.from(inputs[0].invokeModel.body, "base64").toString())).toMatchObject({
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 1,
    messages: asked("bedrock").messages,
  });
  expect(Object.keys(inputs[1].converse).toSorted()).toEqual(["messages", "system", "toolConfig"]);
});

test("a model on Bedrock that counts none says so", async () => {
  const { messages } = world.anthropic({ provider: "bedrock" });
  const { tools: _, ...plain } = asked("bedrock");
  await expect(
    messages.countTokens({ ...plain, model: "amazon.nova-lite-v1:0" }),
  ).rejects.toMatchObject({
    status: 400,
    type: "invalid_request_error",
    apiMessage: "The provided model doesn't support counting tokens.",
  });
});

test("a provider that has no such call is refused before anything is sent", async () => {
  const { messages } = world.anthropic({ provider: "openai" });
  await expect(messages.countTokens(asked("openai"))).rejects.toMatchObject({
    status: 400,
    type: "invalid_request_error",
    apiMessage: expect.stringContaining("openai doesn't count the tokens"),
  });
  expect(calls("openai")).toEqual([]);
});

test("a request without a model is refused in Anthropic's shape", async () => {
  const { messages } = world.anthropic();
  const { model: _, ...none } = asked("anthropic");
  await expect(
    messages.countTokens(none as Anthropic.MessageCountTokensParams),
  ).rejects.toMatchObject({ status: 400, type: "invalid_request_error" });
});
