import { toFile } from "openai";
import { describe, expect, test } from "vitest";
import { chatLines, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { MODELS, type ProviderName, startWorld } from "../support/world.ts";
import { type Reply, startLiar, startStranger } from "./lying-provider.ts";

const METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/";

/** Members of answers, or headers, in which a provider names an address or an id; `STRANGER` stands for another host. */
const LIES: readonly {
  readonly what: string;
  readonly provider: ProviderName;
  readonly member?: string;
  readonly header?: string;
  readonly values: readonly string[];
}[] = [
  {
    what: "results_url",
    provider: "anthropic",
    member: "results_url",
    values: ["STRANGER/r", METADATA, "/v1/organizations/api_keys"],
  },
  {
    what: "output_file_id",
    provider: "openai",
    member: "output_file_id",
    values: [
      "STRANGER/v1/files/x",
      "../../admin",
      "file-x/../../admin",
      "file-x?a=b#c",
      "file-%2e%2e%2fadmin",
    ],
  },
  {
    what: "error_file_id",
    provider: "openai",
    member: "error_file_id",
    values: ["STRANGER/v1/files/x", "../admin"],
  },
  {
    what: "the file's id",
    provider: "openai",
    member: "id",
    values: ["STRANGER/v1/files/x", "../../admin"],
  },
  {
    what: "x-goog-upload-url",
    provider: "gemini",
    header: "x-goog-upload-url",
    values: ["STRANGER/upload?upload_id=1", METADATA, "file:///etc/passwd", "//localhost/upload"],
  },
  {
    what: "responsesFile",
    provider: "gemini",
    member: "responsesFile",
    values: ["STRANGER/files/x", "files/../../admin", "../admin"],
  },
  {
    what: "downloadUri",
    provider: "gemini",
    member: "downloadUri",
    values: ["STRANGER/files/x", METADATA],
  },
  {
    what: "the file's uri",
    provider: "gemini",
    member: "uri",
    values: ["STRANGER/files/x", METADATA],
  },
  { what: "location", provider: "openai", header: "location", values: ["STRANGER/x", METADATA] },
  {
    what: "content-location",
    provider: "anthropic",
    header: "content-location",
    values: ["STRANGER/x"],
  },
];

/** Where a provider's own calls are, by the beginnings of their paths. */
const PATHS: Readonly<Record<string, RegExp>> = {
  openai: /^\/(?:v1\/)?(?:files|batches|uploads|models|chat)(?:[/?]|$)/,
  anthropic: /^\/v1\/(?:files|messages|models)(?:[/?]|$)/,
  gemini: /^\/(?:upload\/)?v1beta\/(?:files|batches|models)(?:[/?:]|$)|^\/upload\?/,
};

/** By the path that servers make of it: `..` leads up there, encoded or not. */
function isCallOf(provider: ProviderName, path: string): boolean {
  const { pathname, search } = new URL(path, "http://provider.test");
  return PATHS[provider]?.test(pathname + search) === true;
}

describe("a provider that names another place", () => {
  const cases = LIES.flatMap(({ values, ...lie }) => values.map((value) => ({ ...lie, value })));
  test.each(cases)(
    "as $what ($value) isn't believed",
    async (lie) => {
      const { provider } = lie;
      await using stranger = await startStranger();
      const value = lie.value.replace("STRANGER", stranger.url);
      let target = "";
      await using liar = await startLiar(
        () => target,
        (reply) => tell(reply, { ...lie, value }),
      );
      await using world = await startWorld({
        minimumLines: 1,
        config: {
          limits: { handOverSeconds: 0.5 },
          providers: { [provider]: { baseUrl: liar.url } },
        },
      });
      target = world.emulators[provider].url;
      const client = world.openai();
      const model = MODELS[provider];
      await settle(async () => {
        const file = await uploadLines(client, chatLines(2, model), { provider });
        const batch = await waitForEnd(
          client,
          (await createBatch(client, file.id, { provider })).id,
        );
        const results = await world.anthropic().messages.batches.results(batch.id);
        for await (const result of results) expect(result.custom_id).toMatch(/^line-/);
        if (batch.output_file_id) await (await client.files.content(batch.output_file_id)).text();
      });
      await settle(async () => {
        const extra = { provider };
        const content = await toFile(Buffer.from("x"), "a.txt");
        const file = await client.files.create({ file: content, purpose: "user_data", ...extra });
        await (await client.files.content(file.id)).text();
      });
      expect(stranger.seen).toEqual([]);
      expect(liar.seen.length).toBeGreaterThan(1);
      expect(
        liar.seen.filter(({ path }) => !isCallOf(provider, path)).map(({ path }) => path),
      ).toEqual([]);
    },
    30_000,
  );
});

/** What a lie leads to may fail; where it went is what counts. */
async function settle(work: () => Promise<unknown>): Promise<void> {
  const timeout = new Promise((resolve) => setTimeout(resolve, 2_500).unref());
  await Promise.race([work().catch(() => null), timeout]);
}

function tell(
  reply: Reply,
  {
    member,
    header,
    value,
  }: { readonly member?: string; readonly header?: string; readonly value: string },
): Reply {
  if (header !== undefined) {
    const isToChange = header !== "x-goog-upload-url" || header in reply.headers;
    return isToChange ? { ...reply, headers: { ...reply.headers, [header]: value } } : reply;
  }
  if (reply.headers["content-type"]?.includes("json") !== true || reply.status >= 300) return reply;
  const pattern = new RegExp(`"${member}"\\s*:\\s*"[^"]+"`, "g");
  const text = reply.body.toString();
  // Ids of batches stay, so that there is something to poll.
  if (member === "id" && !text.includes('"object":"file"')) return reply;
  return { ...reply, body: text.replaceAll(pattern, `"${member}":${JSON.stringify(value)}`) };
}
