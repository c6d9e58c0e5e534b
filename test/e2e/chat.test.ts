import type Anthropic from "@anthropic-ai/sdk";
import type OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHAT_CASES, type ChatCase } from "../support/chat-cases.ts";
import { MODELS, PROVIDERS, type ProviderName, startWorld, type World } from "../support/world.ts";

let world: World;
let openai: OpenAI;
let anthropic: Anthropic;

beforeAll(async () => {
  world = await startWorld();
  openai = world.openai();
  anthropic = world.anthropic();
});

afterAll(() => world.close());

/** On Bedrock once in each of the ways its models stream. */
const BEDROCK_MODELS = [
  MODELS.bedrock,
  "amazon.nova-lite-v1:0",
  "meta.llama3-1-8b-instruct-v1:0",
  "mistral.mistral-7b-instruct-v0:2",
  "mistral.mistral-large-2407-v1:0",
  "amazon.titan-text-express-v1",
  "openai.gpt-oss-120b-1:0",
];

const MODELS_OF: Readonly<Record<ProviderName, readonly string[]>> = {
  openai: [MODELS.openai],
  anthropic: [MODELS.anthropic, "claude-sonnet-4-5-20250929"],
  gemini: [MODELS.gemini, "gemini-2.5-flash"],
  bedrock: BEDROCK_MODELS,
};

interface Target {
  readonly provider: ProviderName;
  readonly model: string;
  /** Of Bedrock's two ways. */
  readonly way: "" | "Converse";
  readonly asked: ChatCase;
}

const TARGETS: readonly Target[] = [
  ...PROVIDERS.flatMap((provider) =>
    MODELS_OF[provider].map((model) => ({ provider, model, way: "" as const })),
  ),
  { provider: "bedrock" as const, model: "amazon.nova-lite-v1:0", way: "Converse" as const },
].flatMap((target) => CHAT_CASES.map((asked) => ({ ...target, asked })));

function answeredIn(dialect: "openai" | "anthropic") {
  return TARGETS.filter(({ asked, model }) => asked.refused?.[dialect].test(model) !== true);
}

function refusedIn(dialect: "openai" | "anthropic") {
  return TARGETS.filter(({ asked, model }) => asked.refused?.[dialect].test(model) === true);
}

function gatewayFields({ provider, way }: Target): object {
  return { provider, ...(way === "" ? {} : { model_invocation_type: way }) };
}

function openaiBody(target: Target) {
  const { model, asked } = target;
  return { model, max_completion_tokens: 400, ...asked.openai, ...gatewayFields(target) };
}

function anthropicBody(target: Target) {
  const { model, asked } = target;
  return { model, max_tokens: 400, ...asked.anthropic, ...gatewayFields(target) };
}

describe("OpenAI's SDK", () => {
  test.each(answeredIn("openai"))(
    "gets $asked.name by $provider, $model $way, whole and streamed alike",
    async (target) => {
      const body = openaiBody(target);
      const whole = await openai.chat.completions.create(body);
      const streamed = await openai.chat.completions
        .stream({ ...body, stream: true, stream_options: { include_usage: true } })
        .finalChatCompletion();
      const [choice] = whole.choices;
      target.asked.check({
        text: choice?.message.content ?? "",
        calls: (choice?.message.tool_calls ?? []).flatMap((call) =>
          call.type === "function"
            ? [{ name: call.function.name, input: JSON.parse(call.function.arguments) as unknown }]
            : [],
        ),
      });
      expect(streamed.choices).toHaveLength(1);
      expect(saidBy(streamed)).toEqual(saidBy(whole));
      expect(whole.usage?.completion_tokens ?? 1).toBeGreaterThan(0);
      const [counted, streamedCount] = [whole, streamed].map(({ usage }) => usage?.total_tokens);
      expect(streamedCount).toBeGreaterThan(0);
      // Of Mistral's old prompts only a stream tells how many there were.
      expect(counted ?? streamedCount).toBe(streamedCount);
    },
  );

  test.each(refusedIn("openai"))("is told that $model gives no $asked.name", async (target) => {
    await expect(openai.chat.completions.create(openaiBody(target))).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/messages|tools|tool_choice|response_format/) as string,
    });
  });
});

function saidBy({ choices, model, object }: OpenAI.ChatCompletion) {
  const [choice] = choices;
  const calls = (choice?.message.tool_calls ?? []).flatMap((call) =>
    call.type === "function"
      ? [{ name: call.function.name, input: JSON.parse(call.function.arguments) as unknown }]
      : [],
  );
  const content = choice?.message.content ?? "";
  return { object, model, content, calls, finish: choice?.finish_reason };
}

describe("Anthropic's SDK", () => {
  test.each(answeredIn("anthropic"))(
    "gets $asked.name by $provider, $model $way, whole and streamed alike",
    async (target) => {
      const body = anthropicBody(target);
      const whole = await anthropic.messages.create(body);
      const streamed = await anthropic.messages.stream(body).finalMessage();
      target.asked.check({
        text: whole.content
          .flatMap((block) => (block.type === "text" ? [block.text] : []))
          .join(""),
        calls: whole.content.flatMap((block) =>
          block.type === "tool_use" ? [{ name: block.name, input: block.input }] : [],
        ),
      });
      expect(blocksOf(streamed)).toEqual(blocksOf(whole));
      expect(streamed.usage.output_tokens).toBeGreaterThan(0);
    },
  );

  test.each(refusedIn("anthropic"))("is told that $model gives no $asked.name", async (target) => {
    await expect(anthropic.messages.create(anthropicBody(target))).rejects.toMatchObject({
      status: 400,
      message: expect.stringMatching(/messages|tools|tool_choice|output.*format/) as string,
    });
  });
});

function blocksOf({ content, model, role, stop_reason }: Anthropic.Message) {
  const blocks = content.map((block) => {
    if (block.type === "text") return { type: block.type, text: block.text };
    return block.type === "tool_use"
      ? { type: block.type, name: block.name, input: block.input }
      : block;
  });
  return { blocks, model, role, stop_reason };
}
