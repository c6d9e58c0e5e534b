import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { chatLine, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../support/world.ts";
import { send } from "./calls.ts";
import { type Host, startStranger } from "./lying-provider.ts";

const METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";

const URLS = [
  "STRANGER/x.png",
  METADATA,
  "http://[fd00:ec2::254]/latest/",
  "http://metadata.google.internal/computeMetadata/v1/",
  "http://localhost:1/x.png",
  "http://2130706433/x.png",
  "file:///etc/passwd",
  "gopher://127.0.0.1:6379/_FLUSHALL",
  "ftp://127.0.0.1/x",
  "dict://127.0.0.1:11211/stats",
  "jar:http://127.0.0.1!/x",
  "data:image/png;base64,!!!!",
  "javascript:alert(1)",
  "//127.0.0.1/x.png",
  "http://user:pw@127.0.0.1/x.png",
  "http://127.0.0.1\\@a.example/",
];

/** Every field of a body that holds an address. */
const BODIES: readonly {
  readonly what: string;
  readonly path: string;
  body(url: string): object;
}[] = [
  {
    what: "image_url of chat",
    path: "/v1/chat/completions",
    body: (url) => messages({ type: "image_url", image_url: { url } }),
  },
  {
    what: "file_data of chat",
    path: "/v1/chat/completions",
    body: (url) => messages({ type: "file", file: { filename: "a.pdf", file_data: url } }),
  },
  {
    what: "image_url of responses",
    path: "/v1/responses",
    body: (url) => input({ type: "input_image", image_url: url }),
  },
  {
    what: "file_url of responses",
    path: "/v1/responses",
    body: (url) => input({ type: "input_file", file_url: url }),
  },
  {
    what: "an MCP server of responses",
    path: "/v1/responses",
    body: (url) => ({ input: "Hi", tools: [{ type: "mcp", server_label: "a", server_url: url }] }),
  },
  {
    what: "an image of messages",
    path: "/anthropic/v1/messages",
    body: (url) => messages({ type: "image", source: { type: "url", url } }),
  },
  {
    what: "a document of messages",
    path: "/anthropic/v1/messages",
    body: (url) => messages({ type: "document", source: { type: "url", url } }),
  },
  {
    what: "an MCP server of messages",
    path: "/anthropic/v1/messages",
    body: (url) => ({
      ...messages({ type: "text", text: "Hi" }),
      mcp_servers: [{ type: "url", name: "a", url }],
    }),
  },
];

const messages = (part: object) => ({
  max_tokens: 5,
  messages: [{ role: "user", content: [part] }],
});
const input = (part: object) => ({ input: [{ role: "user", content: [part] }] });

describe("an address in a body", () => {
  let stranger: Host;
  let world: World;

  beforeAll(async () => {
    stranger = await startStranger();
    world = await startWorld({ minimumLines: 1 });
  }, 60_000);

  afterAll(async () => {
    await world?.close();
    await stranger?.[Symbol.asyncDispose]();
  });

  const cases = PROVIDERS.flatMap((provider) => BODIES.map((each) => ({ provider, ...each })));
  test.each(cases)("as $what isn't asked by the gateway, for $provider", async (each) => {
    const { provider, path } = each;
    for (const template of URLS) {
      const url = template.replace("STRANGER", stranger.url);
      const call = {
        what: url,
        method: "POST",
        path: `${path}?provider=${provider}`,
        json: { model: MODELS[provider], ...each.body(url) },
      };
      const startedAt = performance.now();
      const answer = await send(world.url, call);
      const text = await answer.text();
      expect([url, answer.status < 500, text]).toEqual([url, true, text]);
      expect(() => JSON.parse(text)).not.toThrow();
      expect(text).not.toMatch(/root:.*:0:0|ECONNREFUSED|ENOTFOUND/);
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    }
    expect(stranger.seen).toEqual([]);
  });

  test.each(PROVIDERS)("isn't asked for a batch's lines either, at %s", async (provider) => {
    const client = world.openai();
    // Google looks at the bytes of data when a batch is made.
    const lines = URLS.filter((url) => !url.startsWith("data:")).map((template, at) => {
      const url = template.replace("STRANGER", stranger.url);
      const content = [{ type: "image_url", image_url: { url } }];
      return chatLine(`line-${at}`, {
        model: MODELS[provider],
        messages: [{ role: "user", content }],
      });
    });
    const file = await uploadLines(client, lines.join("\n"), { provider });
    await waitForEnd(client, (await createBatch(client, file.id, { provider })).id);
    expect(stranger.seen).toEqual([]);
  });
});
