import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";
import { chatLine, chatLines } from "../support/batches.ts";
import { multipartBody } from "../support/multipart-body.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { MODELS, PROVIDERS, type ProviderName, startWorld, type World } from "../support/world.ts";
import { type Call, send } from "./calls.ts";
import { type Host, startHost, startStranger } from "./lying-provider.ts";

const METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";

describe("an address in the configuration", () => {
  const variables = [
    "OPENAI_BASE_URL",
    "ANTHROPIC_BASE_URL",
    "GOOGLE_GEMINI_BASE_URL",
    "AWS_ENDPOINT_URL_BEDROCK",
    "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    "AWS_ENDPOINT_URL_S3",
    "CROSSBATCH_PUBLIC_URL",
  ];
  const addresses = [
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "ftp://a.example/v1",
    "javascript:alert(1)",
    "data:text/plain,x",
    "unix:/var/run/docker.sock",
    "ws://a.example",
    "//a.example/v1",
    "a.example/v1",
    "http://",
    "https://me:secret-word@a.example/v1",
    "https://me@a.example/v1",
    "https://:secret-word@a.example/v1",
    "https://a.example/v1?key=secret-word",
    "https://a.example/v1#b",
  ];
  const cases = variables.flatMap((name) => addresses.map((address) => ({ name, address })));

  test.each(cases)("$name=$address keeps the gateway from starting", async ({ name, address }) => {
    const problems = await problemsOf({ [name]: address });
    expect(problems.filter((problem) => problem.startsWith(name))).toHaveLength(1);
    expect(problems.join("\n")).not.toContain("secret-word");
  });

  test.each(addresses)("so does base_url: %s of a named host", async (address) => {
    const named = { kind: "openai", baseUrl: address };
    await expect(startWorld({ config: { providers: { named } } })).rejects.toThrow(/http/);
  });
});

async function problemsOf(environment: Record<string, string>): Promise<readonly string[]> {
  try {
    await loadConfig({ environment, workingDirectory: "/nowhere" });
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const IDS = { openai: "file-abcdefghijkl", anthropic: "file_abcdefghijkl" } as const;

/** Everything by which a client has the gateway ask a provider. */
function callsOf(provider: ProviderName): readonly Call[] {
  const named = `provider=${provider}`;
  const model = MODELS[provider];
  const messages = [{ role: "user", content: "Hi" }];
  const chat = { model, messages, max_tokens: 5 };
  const get = (path: string): Call => ({ what: `GET ${path}`, method: "GET", path });
  const post = (path: string, json: object): Call => {
    return { what: `POST ${path}`, method: "POST", path, json };
  };
  const file = IDS[provider === "anthropic" ? "anthropic" : "openai"];
  return [
    get(`/v1/files?${named}`),
    get(`/v1/files/${file}?${named}`),
    get(`/v1/files/${file}/content?${named}`),
    { what: "DELETE a file", method: "DELETE", path: `/v1/files/${file}?${named}` },
    get(`/v1/batches?${named}`),
    get(`/v1/batches/batch_abcdefghijkl?${named}`),
    post(`/v1/batches/batch_abcdefghijkl/cancel?${named}`, {}),
    get(`/v1/models?${named}`),
    get(`/anthropic/v1/files?${named}`),
    get(`/anthropic/v1/messages/batches?${named}`),
    get(`/anthropic/v1/messages/batches/msgbatch_abcdefghijkl/results?${named}`),
    post(`/v1/chat/completions?${named}`, chat),
    post(`/v1/chat/completions?${named}`, { ...chat, stream: true }),
    post(`/anthropic/v1/messages?${named}`, chat),
    post("/v1/batches", {
      provider,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      requests: [JSON.parse(chatLine("a", { model, messages }))],
    }),
    {
      what: "an upload",
      method: "POST",
      path: "/v1/files",
      form: multipartBody([
        { name: "purpose", value: "batch" },
        { name: "provider", value: provider },
        { name: "file", filename: "a.jsonl", value: chatLines(2, model) },
      ]),
    },
  ];
}

describe.each([301, 302, 303, 307, 308])("a provider that answers %d", (status) => {
  let stranger: Host;
  let redirector: Host;
  let world: World;

  beforeAll(async () => {
    stranger = await startStranger();
    redirector = await startHost(({ path }) => {
      // To the stranger, whom nobody may come to; and where a cloud keeps credentials.
      const location = path.includes("batches") ? METADATA : stranger.url + path;
      return { status, headers: { location }, body: "" };
    });
    const { url } = redirector;
    world = await startWorld({
      minimumLines: 1,
      config: {
        limits: { handOverSeconds: 0.5 },
        s3: { endpoint: url, region: "us-west-2" },
        providers: {
          openai: { baseUrl: `${url}/openai` },
          anthropic: { baseUrl: `${url}/anthropic` },
          gemini: { baseUrl: `${url}/gemini` },
          bedrock: { endpoint: `${url}/bedrock`, runtimeEndpoint: `${url}/runtime` },
        },
      },
    });
  });

  afterAll(async () => {
    await world?.close();
    await redirector?.[Symbol.asyncDispose]();
    await stranger?.[Symbol.asyncDispose]();
  });

  test.each(PROVIDERS)(
    "in the place of %s isn't followed, by no call there is",
    async (provider) => {
      const before = redirector.seen.length;
      const answers = await Promise.all(
        callsOf(provider).map(async (call) => {
          const startedAt = performance.now();
          const response = await send(world.url, call);
          return {
            call,
            response,
            text: await response.text(),
            startedAt,
            endedAt: performance.now(),
          };
        }),
      );
      for (const { call, response, text, startedAt, endedAt } of answers) {
        const said = [call.what, response.status, text];
        expect(said).toEqual([call.what, expect.toSatisfy(isNoRedirect), text]);
        expect(response.headers.has("location")).toBe(false);
        expect(text).not.toContain(PROVIDER_KEY);
        expect([call.what, endedAt - startedAt < 5_000]).toEqual([call.what, true]);
      }
      const asked = redirector.seen.slice(before);
      expect(asked.length).toBeGreaterThan(5);
      // Its own host gets the key; AWS's requests are signed.
      const secret = provider === "bedrock" ? "AWS4-HMAC-SHA256" : PROVIDER_KEY;
      expect(asked.some(({ headers }) => JSON.stringify(headers).includes(secret))).toBe(true);
      expect(stranger.seen).toEqual([]);
      expect((await fetch(`${world.url}/healthz`)).status).toBe(200);
    },
  );
});

const isNoRedirect = (status: number) => status < 300 || status >= 400;
