import { createHash } from "node:crypto";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, test } from "vitest";
import { sendCommand } from "../../../src/emulators/control-routes.ts";
import { startS3Emulator } from "../../../src/emulators/s3/server.ts";
import { S3_BUCKET, startTestS3 } from "../../support/s3.ts";
import { sendRaw } from "./raw-s3.ts";

describe("the control of the S3 emulator", () => {
  test("is reached over HTTP beside the API", async () => {
    await using server = await startTestS3();
    const { controlUrl, url } = server.emulator;
    const path = `/${S3_BUCKET}/key`;
    await sendRaw(url, { method: "PUT", path, body: "content" });
    const objects = await sendCommand(controlUrl, "objects", S3_BUCKET);
    expect(objects).toEqual([{ key: "key", bytes: 7, contentType: "binary/octet-stream" }]);
    expect(await sendCommand(controlUrl, "uploads", S3_BUCKET)).toEqual([]);
    await sendCommand(controlUrl, "inject", { kind: "status", status: 503 });
    expect(await sendRaw(url, { path })).toMatchObject({ status: 503, code: "SlowDown" });
    await sendCommand(controlUrl, "failCompletions", 2);
    await expect(sendCommand(controlUrl, "objects", "none")).rejects.toThrow("does not exist");
    expect(await sendCommand(controlUrl, "journal")).toMatchObject([
      { method: "PUT", path, status: 200, bytes: 7, fault: null },
      { method: "GET", path, status: 503, fault: "status" },
    ]);
  });

  test("an error that was asked for has the shape of S3's", async () => {
    await using server = await startTestS3();
    for (const [status, code] of [
      [403, "AccessDenied"],
      [404, "NoSuchKey"],
      [400, "InvalidRequest"],
      [500, "InternalError"],
    ] as const) {
      server.emulator.control.inject({ kind: "status", status });
      const reply = await sendRaw(server.emulator.url, { path: `/${S3_BUCKET}/key` });
      expect([reply.status, reply.code]).toEqual([status, code]);
    }
  });

  test("its store is the same buckets, without HTTP", async () => {
    await using server = await startTestS3();
    const { url, control } = server.emulator;
    const { store } = control;
    const chunks = async function* chunks() {
      yield Buffer.from("con");
      yield Buffer.from("tent");
    };
    await store.write(S3_BUCKET, "a/b", { bytes: 7, chunks, contentType: "text/plain" });
    const reply = await sendRaw(url, { path: `/${S3_BUCKET}/a/b` });
    expect([reply.status, reply.text]).toEqual([200, "content"]);
    expect(reply.headers).toMatchObject({
      "content-type": "text/plain",
      etag: `"${createHash("md5").update("content").digest("hex")}"`,
    });
    await sendRaw(url, { method: "PUT", path: `/${S3_BUCKET}/a/a`, body: "x" });
    expect(await store.list(S3_BUCKET, "a/")).toEqual([
      { key: "a/a", bytes: 1 },
      { key: "a/b", bytes: 7 },
    ]);
    expect(await text(store.read(S3_BUCKET, "a/a"))).toBe("x");
    await expect(store.list("none", "")).rejects.toThrow("does not exist");
    await expect(text(store.read(S3_BUCKET, "none"))).rejects.toThrow("not exist");
    expect(control.journal()).toHaveLength(2);
  });

  test("bodies lie in a folder of its own, which goes when the emulator ends", async () => {
    const parent = await mkdtemp(join(tmpdir(), "crossbatch-emulator-"));
    const emulator = await startS3Emulator({ buckets: [S3_BUCKET], dataDirectory: parent });
    const path = `/${S3_BUCKET}/key`;
    const files = async () => (await readdir(parent, { recursive: true })).length - 1;
    await sendRaw(emulator.url, { method: "PUT", path, body: "content" });
    await sendRaw(emulator.url, { method: "PUT", path, body: "again" });
    expect(await files()).toBe(1);
    await sendRaw(emulator.url, { method: "DELETE", path });
    expect(await files()).toBe(0);
    await sendRaw(emulator.url, { method: "PUT", path, body: "content" });
    await emulator.close();
    expect(await readdir(parent)).toEqual([]);
    await rm(parent, { recursive: true });
  });

  test("a bucket name that S3 wouldn't take is refused at the start", async () => {
    await expect(startS3Emulator({ buckets: ["No_Bucket"] })).rejects.toThrow("not valid");
  });
});
