import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { UpstreamFiles } from "../../../src/core/provider.ts";
import { createGeminiProvider } from "../../../src/providers/gemini/gemini.ts";
import { access, type Answer, createDeps, failure, never, sendJson } from "../http-host.ts";
import type { TestDeps } from "../http-host.ts";
import { jobOf, startGeminiStage } from "./gemini-stage.ts";
import { startGeminiHost } from "./request-check.ts";

function connect(deps: TestDeps, baseUrl: string): UpstreamFiles {
  const options = { name: "gemini", apiKey: null, passThrough: true, baseUrl };
  const { files } = createGeminiProvider(options, deps).connect(access(), {});
  if (files === undefined) throw new Error("the provider has no files");
  return files;
}

const wire = {
  name: "files/abc",
  displayName: "in.jsonl",
  mimeType: "application/jsonl",
  sizeBytes: "63",
  createTime: "2026-11-20T10:00:00.123456789Z",
  expirationTime: "2026-11-22T10:00:00.123456789Z",
  state: "ACTIVE",
  source: "UPLOADED",
};

describe("a file", () => {
  const createdAt = Date.parse("2026-11-20T10:00:00.123Z");

  test.each([
    { shown: {}, expected: { filename: "in.jsonl", purpose: "batch", bytes: 63 } },
    { shown: { displayName: "a.pdf" }, expected: { filename: "a.pdf", purpose: "user_data" } },
    { shown: { displayName: undefined }, expected: { filename: "abc", purpose: "user_data" } },
    {
      shown: { name: "files/batch-1", displayName: undefined, source: "GENERATED" },
      expected: { id: "files/batch-1", filename: "batch-1", purpose: "batch_output" },
    },
    { shown: { state: "PROCESSING" }, expected: { purpose: "batch" } },
    { shown: { state: "OF_TOMORROW", sizeBytes: undefined }, expected: { bytes: 0 } },
    { shown: { createTime: "?", expirationTime: 7 }, expected: { createdAt: 0, expiresAt: null } },
  ])("with $shown is $expected", async ({ shown, expected }) => {
    await using deps = createDeps();
    await using host = await startGeminiHost(sendJson({ ...wire, ...shown }));
    const file = await connect(deps, host.url).retrieve("files/abc", never);
    expect(file).toMatchObject({
      id: "files/abc",
      mimeType: "application/jsonl",
      createdAt,
      expiresAt: createdAt + 48 * 3_600_000,
      ...expected,
    });
  });

  test.each([
    ["files/abc", "/v1beta/files/abc"],
    ["abc", "/v1beta/files/abc"],
    ["files/../batches/1", "/v1beta/files/..%2Fbatches%2F1"],
    ["files/abc:download?alt=media", "/v1beta/files/abc%3Adownload%3Falt%3Dmedia"],
  ])("named %s is asked for at %s", async (id, url) => {
    await using deps = createDeps();
    await using host = await startGeminiHost(sendJson(wire));
    await connect(deps, host.url).retrieve(id, never);
    expect(host.seen[0]?.url).toBe(url);
  });

  test.each(["files/", "files/..", ""])("can't be named '%s'", async (id) => {
    await using deps = createDeps();
    const error = await failure(connect(deps, "http://127.0.0.1:9").retrieve(id, never));
    expect(error.code).toBe("upstream_not_found");
  });
});

describe("a file that isn't there", () => {
  const forbidden = (details: readonly object[] = []) =>
    sendJson(
      {
        error: { code: 403, status: "PERMISSION_DENIED", message: "Or it may not exist.", details },
      },
      403,
    );
  const missing = sendJson({ error: { code: 404, status: "NOT_FOUND", message: "No." } }, 404);

  test.each<[string, Answer]>([
    ["403", forbidden()],
    ["404", missing],
  ])("is answered with %s, which is not found, and deleted", async (_, answer) => {
    await using deps = createDeps();
    await using host = await startGeminiHost(answer);
    const files = connect(deps, host.url);
    expect((await failure(files.retrieve("files/abc", never))).code).toBe("upstream_not_found");
    expect((await failure(files.open("files/abc", never))).code).toBe("upstream_not_found");
    await files.delete("files/abc", never);
    expect(host.seen).toHaveLength(3);
  });

  test("isn't what a 403 means that is about the key", async () => {
    await using deps = createDeps();
    const detail = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "API_BLOCKED" };
    await using host = await startGeminiHost(forbidden([detail]));
    const files = connect(deps, host.url);
    expect((await failure(files.delete("files/abc", never))).code).toBe("upstream_forbidden");
    expect((await failure(files.retrieve("files/abc", never))).code).toBe("upstream_forbidden");
  });
});

describe("the results of a batch", () => {
  test("are a file that comes whole and in part", async () => {
    await using stage = await startGeminiStage();
    const { upstream, output } = await jobOf(stage, ["a", "b"]);
    const { files } = upstream;
    if (files === undefined) throw new Error("the provider has no files");
    const whole = await text(await files.open(output, never));
    expect(whole.trimEnd().split("\n")).toHaveLength(2);
    const range = { start: 10, end: 29 };
    expect(await text(await files.open(output, never, range))).toBe(whole.slice(10, 30));
    expect(await files.retrieve(output, never)).toMatchObject({
      id: output,
      purpose: "batch_output",
      bytes: Buffer.byteLength(whole),
    });
  });

  test("are deleted with their batch, since Google refuses to delete them alone", async () => {
    await using stage = await startGeminiStage();
    const { upstream, output } = await jobOf(stage, ["a"]);
    await upstream.files?.delete(output, never);
    await upstream.files?.delete(output, never);
    expect(stage.emulator.control.files().map(({ name }) => name)).not.toContain(output);
    const deletes = stage.emulator.control.journal().filter(({ method }) => method === "DELETE");
    expect(deletes.map(({ path }) => path.replace(/[^/]+$/, ""))).toEqual([
      "/v1beta/batches/",
      "/v1beta/batches/",
    ]);
  });

  test("aren't taken for a client's own file of a like name", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(sendJson({}));
    await connect(deps, host.url).delete("files/batch-of-mine", never);
    expect(host.seen[0]?.url).toBe("/v1beta/files/batch-of-mine");
  });
});

describe("a page of files", () => {
  /** Five files, three a page: tokens are the place where a page begins. */
  const pages: Answer = (response, request, seen) => {
    const start = Number(new URL(seen.url, "http://host").searchParams.get("pageToken") ?? 0);
    const files = [1, 2, 3, 4, 5].slice(start, start + 3).map((number) => ({
      ...wire,
      name: `files/${number}`,
    }));
    const next = start + 3 < 5 ? { nextPageToken: String(start + 3) } : {};
    return sendJson({ files, ...next })(response, request, seen);
  };

  test.each([
    { after: null, limit: 3, ids: "1 2 3", next: "3" },
    { after: "3", limit: 3, ids: "4 5", next: null },
    { after: "files/1", limit: 10, ids: "2 3", next: "3" },
    { after: "files/1", limit: 1, ids: "2", next: "files/2" },
    { after: "files/3", limit: 10, ids: "4 5", next: null },
    { after: "files/4", limit: 10, ids: "5", next: null },
    { after: "files/5", limit: 10, ids: "", next: null },
  ])("after $after, at most $limit, has $ids", async ({ after, limit, ids, next }) => {
    await using deps = createDeps();
    await using host = await startGeminiHost(pages);
    const page = await connect(deps, host.url).list({ after, limit }, never);
    expect(page.items.map(({ id }) => id.replace("files/", "")).join(" ")).toBe(ids);
    expect(page.next).toBe(next);
  });

  test("after a file that is gone is refused", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(pages);
    const work = connect(deps, host.url).list({ after: "files/9", limit: 3 }, never);
    expect((await failure(work)).code).toBe("upstream_not_found");
  });

  test("may be empty, and is never larger than Google allows", async () => {
    await using deps = createDeps();
    await using host = await startGeminiHost(sendJson({ nextPageToken: "" }));
    const page = await connect(deps, host.url).list({ after: null, limit: 500 }, never);
    expect(page).toEqual({ items: [], next: null });
    expect(host.seen[0]?.url).toBe("/v1beta/files?pageSize=100");
  });
});
