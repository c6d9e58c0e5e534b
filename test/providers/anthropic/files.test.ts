import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import type { FileToSend, UpstreamFiles } from "../../../src/core/provider.ts";
import { createAnthropicProvider } from "../../../src/providers/anthropic/anthropic.ts";
import {
  access,
  createDeps,
  failure,
  never,
  SECRET,
  sendJson,
  type TestDeps,
} from "../http-host.ts";
import { type AnthropicStage, startAnthropicStage } from "./anthropic-stage.ts";
import { startAnthropicHost } from "./request-check.ts";

const content = Buffer.from("%PDF-1.7 ü".repeat(1_000));

function fileOf(changes: Partial<FileToSend> = {}): FileToSend {
  return {
    filename: "größe.pdf",
    purpose: "user_data",
    mimeType: "application/pdf",
    bytes: content.length,
    expiresAfterSeconds: null,
    open: async () => Readable.from([content], { objectMode: false }),
    ...changes,
  };
}

function filesOf(
  { provider, access }: Pick<AnthropicStage, "provider" | "access">,
  headers: Readonly<Record<string, string>> = {},
): UpstreamFiles {
  const { files } = provider.connect({ ...access, headers }, {});
  if (files === undefined) throw new Error("the provider has no files");
  return files;
}

function filesAt(deps: TestDeps, baseUrl: string): UpstreamFiles {
  const options = { name: "anthropic", baseUrl, apiKey: SECRET, passThrough: true };
  return filesOf({ provider: createAnthropicProvider(options, deps), access: access() });
}

async function listAll(files: UpstreamFiles, from: string | null): Promise<readonly string[]> {
  const ids: string[] = [];
  let after = from;
  do {
    const page = await files.list({ after, limit: 2 }, never);
    ids.push(...page.items.map((file) => file.id));
    after = page.next;
  } while (after !== null);
  return ids;
}

describe("an upload", () => {
  test("keeps name, type and bytes, and can't be read back as long as Anthropic keeps it so", async () => {
    await using stage = await startAnthropicStage();
    const files = filesOf(stage);
    const sent = await files.upload(fileOf(), never);
    expect(sent).toMatchObject({
      id: expect.stringMatching(/^file_/),
      filename: "größe.pdf",
      purpose: "user_data",
      mimeType: "application/pdf",
      bytes: content.length,
      expiresAt: null,
    });
    const error = await failure(files.open(sent.id, never));
    expect(error.code).toBe("upstream_rejected");
    expect(error.message).toContain("is not downloadable");
    stage.emulator.control.makeDownloadable(sent.id);
    expect(await buffer(await files.open(sent.id, never))).toEqual(content);
  });

  test.each([
    { seconds: 3_600, kept: 3_600 },
    { seconds: 7_776_000, kept: 7_776_000 },
    { seconds: 3_599, kept: null },
    { seconds: 7_776_001, kept: null },
    { seconds: null, kept: null },
  ])("that shall expire after $seconds s does so there after $kept", async ({ seconds, kept }) => {
    await using stage = await startAnthropicStage();
    const sent = await filesOf(stage).upload(fileOf({ expiresAfterSeconds: seconds }), never);
    expect(sent.expiresAt).toBe(kept === null ? null : sent.createdAt + kept * 1_000);
  });

  test("isn't repeated after a lost reply: a second file would stay behind", async () => {
    await using stage = await startAnthropicStage();
    stage.emulator.control.inject({ kind: "lostReply", path: "/files$" });
    const error = await failure(filesOf(stage).upload(fileOf(), never));
    expect(error.details.notSent).toBeUndefined();
    expect(stage.emulator.control.files()).toHaveLength(1);
  });
});

describe("the list of files", () => {
  test.each([
    { name: "a client that names no beta", headers: {} },
    { name: "a client of the beta", headers: { "anthropic-beta": "a-1, files-api-2025-04-14" } },
  ])("is walked from the top and from any file for $name", async ({ headers }) => {
    await using stage = await startAnthropicStage();
    const files = filesOf(stage, headers);
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      ids.unshift((await files.upload(fileOf(), never)).id);
    }
    expect(await listAll(files, null)).toEqual(ids);
    expect(await listAll(files, ids[1] ?? "")).toEqual(ids.slice(2));
    expect(await listAll(files, ids[4] ?? "")).toEqual([]);
  });

  test("is asked for in pages, and after an id in the older way, beside the client's own betas", async () => {
    await using deps = createDeps();
    const wire = { id: "file_2", filename: "a", mime_type: "text/plain", size_bytes: 1 };
    const file = { ...wire, type: "file", created_at: "2026-11-20T10:00:00Z" };
    await using host = await startAnthropicHost(
      sendJson({ data: [file], next_page: "page_2" }),
      sendJson({ data: [file], has_more: true, first_id: "file_2", last_id: "file_2" }),
    );
    const options = { name: "anthropic", baseUrl: host.url, apiKey: SECRET, passThrough: true };
    const headers = { "anthropic-beta": "skills-1,files-api-2025-04-14" };
    const stage = { provider: createAnthropicProvider(options, deps), access: access() };
    const files = filesOf(stage, headers);
    expect(await files.list({ after: null, limit: 5_000 }, never)).toMatchObject({
      next: "page_2",
    });
    expect(await files.list({ after: "page_2", limit: 7 }, never)).toMatchObject({
      next: "file_2",
    });
    await files.list({ after: "file_2", limit: 7 }, never);
    expect(host.seen.map(({ url, headers }) => [url, headers["anthropic-beta"]])).toEqual([
      ["/v1/files?limit=1000", "skills-1"],
      ["/v1/files?limit=7&page=page_2", "skills-1"],
      ["/v1/files?limit=7&after_id=file_2", "skills-1,files-api-2025-04-14"],
    ]);
  });
});

test("what a host leaves out of a file counts as absent", async () => {
  await using deps = createDeps();
  await using host = await startAnthropicHost(sendJson({ id: "file_1", created_at: 7 }));
  expect(await filesAt(deps, host.url).retrieve("file_1", never)).toEqual({
    id: "file_1",
    filename: "",
    purpose: "user_data",
    mimeType: null,
    bytes: 0,
    createdAt: 0,
    expiresAt: null,
  });
});
