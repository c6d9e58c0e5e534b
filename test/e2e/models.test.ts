import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusalOf } from "../support/refusal.ts";
import { MODELS, startWorld, type World } from "../support/world.ts";

let world: World;

beforeAll(async () => {
  world = await startWorld();
});

afterAll(() => world.close());

async function openaiIds(query?: object): Promise<string[]> {
  const ids: string[] = [];
  for await (const { id, object } of world.openai().models.list({ query })) {
    expect(object).toBe("model");
    ids.push(id);
  }
  return ids;
}

async function anthropicIds(provider?: string, limit = 7): Promise<string[]> {
  const ids: string[] = [];
  const client = world.anthropic(provider === undefined ? {} : { provider });
  for await (const { id, type } of client.models.list({ limit })) {
    expect(type).toBe("model");
    ids.push(id);
  }
  return ids;
}

describe("the list of models", () => {
  test("names all that can be asked, each by an id that leads to it", async () => {
    const ids = await openaiIds();
    expect(ids).toContain(MODELS.openai);
    expect(ids).toContain(`anthropic/${MODELS.anthropic}`);
    expect(ids).toContain(`gemini/${MODELS.gemini}`);
    expect(new Set(ids).size).toBe(ids.length);
    const theirs = await anthropicIds();
    expect(theirs).toContain(MODELS.anthropic);
    expect(theirs).toContain(`gemini/${MODELS.gemini}`);
    // A host in OpenAI's place may have models that are truly named so, hence no prefix leads to it.
    expect(theirs.filter((id) => id.includes("gpt"))).toEqual([]);
    for (const model of [`anthropic/${MODELS.anthropic}`, `gemini/${MODELS.gemini}`]) {
      const messages = [{ role: "user" as const, content: "Hello" }];
      const answer = await world.openai().chat.completions.create({ model, messages });
      expect(answer.choices[0]?.message.content).not.toBe("");
    }
  });

  test.each(["openai", "anthropic", "gemini"] as const)(
    "of %s has its own names",
    async (provider) => {
      const ids = await openaiIds({ provider });
      expect(ids).toContain(MODELS[provider]);
      expect(await anthropicIds(provider)).toEqual(ids);
    },
  );

  test("is empty where a provider has none: Bedrock's isn't in what the gateway may ask", async () => {
    expect(await openaiIds({ provider: "bedrock" })).toEqual([]);
  });
});

test("a model is found by the id in the list, in either dialect's shape", async () => {
  const id = `anthropic/${MODELS.anthropic}`;
  expect(await world.openai().models.retrieve(id)).toMatchObject({ id, object: "model" });
  expect(await world.anthropic().models.retrieve(MODELS.anthropic)).toMatchObject({
    id: MODELS.anthropic,
    type: "model",
    created_at: "2024-02-29T00:00:00Z",
  });
  expect(await world.anthropic().models.retrieve(`gemini/${MODELS.gemini}`)).toMatchObject({
    id: `gemini/${MODELS.gemini}`,
    display_name: MODELS.gemini,
  });
  const refused = await refusalOf(world.openai().models.retrieve("no-such"));
  expect(refused).toMatchObject({ status: 404, code: "model_not_found" });
});

describe("OpenAI's other endpoints", () => {
  const INPUT = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];

  test.each([
    { provider: "openai", model: "text-embedding-3-small" },
    { provider: "gemini", model: "gemini-embedding-001" },
    { provider: "bedrock", model: "amazon.titan-embed-text-v2:0" },
    { provider: "bedrock", model: "cohere.embed-english-v3" },
  ])("embeds all texts in order with $model", async ({ provider, model }) => {
    const body = { model, input: INPUT, provider };
    // The SDK asks for base64 where nobody says, and decodes it.
    const { data } = await world.openai().embeddings.create(body);
    const plain = await world.openai().embeddings.create({ ...body, encoding_format: "float" });
    expect(data.map(({ index }) => index)).toEqual(INPUT.map((_, index) => index));
    for (const [index, { embedding }] of plain.data.entries()) {
      expect(embedding.length).toBeGreaterThan(100);
      expect(data[index]?.embedding).toEqual([...Float32Array.from(embedding)]);
    }
  });

  test.each(["openai", "anthropic", "gemini", "bedrock"] as const)(
    "answers by the Responses API with %s",
    async (provider) => {
      const body = { model: MODELS[provider], input: "Hello", max_output_tokens: 200, provider };
      const answer = await world.openai().responses.create(body);
      expect(answer.output_text).not.toBe("");
      expect(answer.status).toBe("completed");
    },
  );

  test("streams nothing that comes at once from another family", async () => {
    const body = { model: "gemini-embedding-001", input: "Hello", stream: true };
    const asked = world.openai().embeddings.create({ ...body, provider: "gemini" } as typeof body);
    expect(await refusalOf(asked)).toMatchObject({ status: 400, param: "stream" });
  });
});
