import { describe, expect, test } from "vitest";
import { describeModel, type ModelFamily } from "../../../src/formats/bedrock/model-family.ts";

const FAMILIES: readonly (readonly [string, ModelFamily | null])[] = [
  ["anthropic.claude-v2:1", "claude"],
  ["anthropic.claude-instant-v1", "claude"],
  ["anthropic.claude-3-haiku-20240307-v1:0", "claude"],
  ["anthropic.claude-3-7-sonnet-20250219-v1:0", "claude"],
  ["anthropic.claude-opus-4-7", "claude"],
  ["us.anthropic.claude-haiku-4-5-20251001-v1:0", "claude"],
  ["eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude"],
  ["apac.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude"],
  ["global.anthropic.claude-opus-5-5", "claude"],
  ["us-gov.anthropic.claude-3-5-sonnet-20240620-v1:0", "claude"],
  ["jp.anthropic.claude-sonnet-4-6-v1", "claude"],
  ["arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0", "claude"],
  [
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0",
    "claude",
  ],
  ["amazon.nova-micro-v1:0", "nova"],
  ["amazon.nova-lite-v1:0:300k", "nova"],
  ["us.amazon.nova-pro-v1:0", "nova"],
  ["us.amazon.nova-premier-v1:0", "nova"],
  ["global.amazon.nova-2-lite-v1:0", "nova"],
  ["arn:aws-us-gov:bedrock:us-gov-west-1::foundation-model/amazon.nova-pro-v1:0", "nova"],
  ["amazon.nova-canvas-v1:0", null],
  ["amazon.nova-reel-v1:1", null],
  ["amazon.nova-sonic-v1:0", null],
  ["us.amazon.nova-2-sonic-v1:0", null],
  ["amazon.nova-2-multimodal-embeddings-v1:0", null],
  ["meta.llama3-8b-instruct-v1:0", "llama"],
  ["meta.llama3-1-405b-instruct-v1:0", "llama"],
  ["us.meta.llama3-2-11b-instruct-v1:0", "llama"],
  ["us.meta.llama3-3-70b-instruct-v1:0", "llama"],
  ["us.meta.llama4-maverick-17b-instruct-v1:0", "llama4"],
  ["meta.llama2-70b-chat-v1", null],
  ["mistral.mistral-7b-instruct-v0:2", "mistral"],
  ["mistral.mixtral-8x7b-instruct-v0:1", "mistral"],
  ["mistral.mistral-large-2402-v1:0", "mistral"],
  ["mistral.mistral-small-2402-v1:0", "mistral"],
  ["mistral.mistral-large-2407-v1:0", "mistral_chat"],
  ["us.mistral.pixtral-large-2502-v1:0", "mistral_chat"],
  ["mistral.ministral-3-8b-instruct", "mistral_chat"],
  ["mistral.magistral-small-2509", "mistral_chat"],
  ["amazon.titan-text-express-v1", "titan"],
  ["amazon.titan-text-premier-v1:0", "titan"],
  ["amazon.titan-tg1-large", "titan"],
  ["openai.gpt-oss-20b-1:0", "openai"],
  ["us.openai.gpt-5.2", "openai"],
  ["qwen.qwen3-coder-480b-a35b-v1:0", "openai"],
  ["deepseek.v3-v1:0", "openai"],
  ["deepseek.v3.2", "openai"],
  ["us.deepseek.r1-v1:0", null],
  ["moonshot.kimi-k2-thinking", "openai"],
  ["moonshotai.kimi-k2.5", "openai"],
  ["minimax.minimax-m2", "openai"],
  ["zai.glm-4.7", "openai"],
  ["google.gemma-3-27b-it", "openai"],
  ["nvidia.nemotron-nano-12b-v2", "openai"],
  ["amazon.titan-embed-text-v1", "titan_embed_v1"],
  ["amazon.titan-embed-g1-text-02", "titan_embed_v1"],
  ["amazon.titan-embed-text-v2:0", "titan_embed_v2"],
  ["amazon.titan-embed-image-v1", null],
  ["cohere.embed-english-v3", "cohere_embed_v3"],
  ["cohere.embed-multilingual-v3", "cohere_embed_v3"],
  ["global.cohere.embed-v4:0", "cohere_embed_v4"],
  ["cohere.command-r-v1:0", null],
  ["ai21.jamba-1-5-large-v1:0", null],
  ["writer.palmyra-x5-v1:0", null],
  ["twelvelabs.pegasus-1-2-v1:0", null],
  ["arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-lite-v1/a1b2c3d4e5f6", null],
  ["arn:aws:bedrock:us-east-1:123456789012:imported-model/a1b2c3d4e5f6", null],
  ["arn:aws:bedrock:us-east-1:123456789012:provisioned-model/a1b2c3d4e5f6", null],
  ["arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3d4e5f6", null],
  ["arn:aws:bedrock:us-east-1:123456789012:prompt/ABCDEFGHIJ:1", null],
  ["claude-sonnet-4-5", null],
  ["gpt-4o", null],
  ["", null],
];

describe("What a model's id says of it", () => {
  test("is known of more than forty models", () => {
    expect(FAMILIES.filter(([, family]) => family !== null).length).toBeGreaterThanOrEqual(40);
  });

  test.each(FAMILIES)("%s is %s", (model, family) => {
    expect(describeModel(model).family).toBe(family);
    expect(describeModel(model.toUpperCase()).family).toBe(family);
  });

  test("the name is without ARN and region", () => {
    const name = "amazon.nova-pro-v1:0";
    const arn = `arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.${name}`;
    expect(describeModel(arn).name).toBe(name);
    expect(describeModel(null)).toEqual({ name: "", family: null });
  });
});
