import Anthropic from "@anthropic-ai/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { messageRequests, readRows, waitUntilEnded } from "../../support/anthropic-batches.ts";
import {
  MODELS,
  type ProviderName,
  PROVIDERS,
  startWorld,
  type World,
} from "../../support/world.ts";

const BETAS = ["output-300k-2026-03-24", "context-1m-2025-08-07"];
const NOVA = "amazon.nova-lite-v1:0";

let world: World;
beforeAll(async () => {
  world = await startWorld({ minimumLines: 2 });
});
afterAll(() => world.close());
beforeEach(() => {
  for (const provider of PROVIDERS) world.emulators[provider].control.clearJournal();
  world.s3.control.clearJournal();
});

function clientOf(
  provider: ProviderName,
  headers: Readonly<Record<string, string>> = { "anthropic-beta": BETAS.join(", ") },
): Anthropic {
  return new Anthropic({
    baseURL: `${world.url}/anthropic`,
    apiKey: "any",
    maxRetries: 0,
    defaultHeaders: { "x-model-provider": provider, ...headers },
  });
}

function asked(
  provider: ProviderName,
  model: string = MODELS[provider],
): Anthropic.MessageCreateParamsNonStreaming {
  return { model, max_tokens: 50, messages: [{ role: "user", content: "Hello" }] };
}

/** The bodies of the calls that asked a model. */
function sent(provider: ProviderName): readonly Record<string, unknown>[] {
  return world.emulators[provider].control
    .journal()
    .filter(({ method, path }) => method === "POST" && !path.includes("files"))
    .map(({ body }) => JSON.parse(String(body)) as Record<string, unknown>);
}

/** The records of the jobs at Bedrock. */
function records(): readonly { readonly modelInput: Record<string, unknown> }[] {
  const text = world.s3.control
    .journal()
    .filter(({ method }) => method === "PUT")
    .map(({ body }) => String(body))
    .find((body) => body.includes("modelInput"));
  return (text ?? "")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as { readonly modelInput: Record<string, unknown> });
}

describe("the betas of a message to Claude on Bedrock", () => {
  test("are in its body", async () => {
    await clientOf("bedrock").messages.create(asked("bedrock"));
    await clientOf("bedrock").messages.stream(asked("bedrock")).finalMessage();
    const bodies = sent("bedrock");
    expect(bodies).toHaveLength(2);
    for (const body of bodies) {
      expect(body).toMatchObject({
        anthropic_version: "bedrock-2023-05-31",
        anthropic_beta: BETAS,
      });
    }
  });

  test("that the body names itself stand beside them", async () => {
    const body = { ...asked("bedrock"), anthropic_beta: ["own-1", BETAS[0]] };
    await clientOf("bedrock").messages.create(body);
    expect(sent("bedrock")[0]?.["anthropic_beta"]).toEqual(["own-1", ...BETAS]);
  });

  test("are there for clients of OpenAI's SDK too", async () => {
    await world
      .openai()
      .chat.completions.create(
        { model: `bedrock/${MODELS.bedrock}`, messages: [{ role: "user", content: "Hello" }] },
        { headers: { "anthropic-beta": BETAS.join(",") } },
      );
    expect(sent("bedrock")[0]?.["anthropic_beta"]).toEqual(BETAS);
  });

  test("don't count those by which SDKs say which endpoint they mean", async () => {
    const headers = {
      "anthropic-beta": "message-batches-2024-09-24,files-api-2025-04-14,token-counting-2024-11-01",
    };
    await clientOf("bedrock", headers).messages.create(asked("bedrock"));
    await clientOf("bedrock", {}).messages.create(asked("bedrock"));
    for (const body of sent("bedrock")) expect(body).not.toHaveProperty("anthropic_beta");
  });

  test.each([
    "two words",
    "x".repeat(200),
    Array.from({ length: 40 }, (_, at) => `b-${at}`).join(),
  ])("are refused where they can't be betas", async (beta) => {
    const { messages } = clientOf("bedrock", { "anthropic-beta": beta });
    await expect(messages.create(asked("bedrock"))).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      apiMessage: expect.stringContaining("anthropic-beta"),
    });
    expect(sent("bedrock")).toEqual([]);
  });
});

describe("the betas of a batch for Claude on Bedrock", () => {
  test("are in each line's body", async () => {
    const { batches } = clientOf("bedrock").messages;
    const made = await batches.create({ requests: messageRequests(3, MODELS.bedrock) });
    await waitUntilEnded(batches, made.id);
    expect(await readRows(batches, made.id)).toHaveLength(3);
    expect(records()).toHaveLength(3);
    for (const { modelInput } of records()) expect(modelInput["anthropic_beta"]).toEqual(BETAS);
  });

  test("are there too where its lines are run one by one", async () => {
    const { batches } = clientOf("bedrock").messages;
    const made = await batches.create({ requests: messageRequests(1, MODELS.bedrock) });
    await waitUntilEnded(batches, made.id);
    const calls = sent("bedrock").filter((body) => "messages" in body);
    expect(calls).toMatchObject([{ anthropic_beta: BETAS }]);
  });

  test("of the SDK's own namespace are those that its caller names", async () => {
    const { batches } = clientOf("bedrock", {}).beta.messages;
    const requests = messageRequests(2, MODELS.bedrock);
    const made = await batches.create({ requests, betas: BETAS });
    await waitUntilEnded(world.anthropic().messages.batches, made.id);
    expect(records()).toHaveLength(2);
    for (const { modelInput } of records()) expect(modelInput["anthropic_beta"]).toEqual(BETAS);
  });
});

describe("betas that a model can't be told", () => {
  const others = [
    ["openai", MODELS.openai],
    ["gemini", MODELS.gemini],
    ["bedrock", NOVA],
  ] as const;

  test.each(others)("are warned of: %s %s", async (provider, model) => {
    const { response } = await clientOf(provider)
      .messages.create(asked(provider, model))
      .withResponse();
    expect(response.headers.get("x-crossbatch-warnings")).toContain("anthropic-beta: ");
    expect(JSON.stringify(sent(provider))).not.toContain(BETAS[0]);
  });

  test.each(others)("are a 400 in strict: %s %s", async (provider, model) => {
    const headers = { "anthropic-beta": String(BETAS[0]), "x-crossbatch-translation": "strict" };
    const { messages } = clientOf(provider, headers);
    await expect(messages.create(asked(provider, model))).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      apiMessage: expect.stringContaining("anthropic-beta"),
    });
    expect(sent(provider)).toEqual([]);
  });

  test("are in the warnings of a batch", async () => {
    const { batches } = clientOf("gemini").messages;
    const made = await batches.create({ requests: messageRequests(2, MODELS.gemini) });
    expect(await waitUntilEnded(batches, made.id)).toMatchObject({
      crossbatch: { warnings: [{ code: "field_dropped", field: "anthropic-beta", lines: 2 }] },
    });
  });
});
