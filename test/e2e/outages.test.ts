import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { request } from "undici";
import { describe, expect, test } from "vitest";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { type RunningGateway, startGateway } from "../support/gateway.ts";
import { FORM_TYPE, multipartBody } from "../support/multipart-body.ts";
import { canRun, isInstalled, startOwnCluster } from "../support/postgres.ts";
import { refusalOf } from "../support/refusal.ts";
import { S3_BUCKET, S3_CREDENTIALS, startTestS3 } from "../support/s3.ts";
import { blobsOf, rowsOf } from "../support/stored.ts";

async function readiness(gateway: RunningGateway) {
  const { statusCode, body } = await request(`${gateway.url}/readyz`);
  return { status: statusCode, body: await body.json() };
}

const READY = {
  status: 200,
  body: { status: "ready", checks: { database: "ok", blobs: "ok" } },
};

const form = multipartBody([
  { name: "purpose", value: "batch" },
  { name: "file", filename: "slow.jsonl", type: "application/jsonl", value: chatLines(2_000) },
]);

/** Sends the head of an upload and the first half of its form. */
async function startUpload(gateway: RunningGateway): Promise<Socket> {
  const { hostname, port } = new URL(gateway.url);
  const socket = connect(Number(port), hostname);
  const head = [
    "POST /v1/files HTTP/1.1",
    "host: gateway",
    "authorization: Bearer any",
    "connection: close",
    `content-type: ${FORM_TYPE}`,
    `content-length: ${form.length}`,
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  socket.write(form.subarray(0, form.length / 2));
  await expect.poll(() => blobsOf(gateway.dataDir)).toHaveLength(1);
  return socket;
}

describe("an upload that is still running", () => {
  test("when the gateway is told to stop is finished, and there after the next start", async () => {
    await using gateway = await startGateway();
    const socket = await startUpload(gateway);
    const answer: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => answer.push(chunk));
    const restarted = gateway.restart();
    await expect.poll(() => isListening(gateway.url)).toBe(false);
    socket.write(form.subarray(form.length / 2));
    await once(socket, "close");
    expect(Buffer.concat(answer).toString()).toMatch(/^HTTP\/1.1 200 /);
    await restarted;
    const { data } = await gateway.openai().files.list();
    expect(data).toMatchObject([{ filename: "slow.jsonl", bytes: chatLines(2_000).length }]);
    expect(await (await gateway.openai().files.content(String(data[0]?.id))).text()).toBe(
      chatLines(2_000),
    );
  });

  test("when the grace is over is cut off, and nothing is left of it", async () => {
    await using gateway = await startGateway({ config: { shutdownGraceSeconds: 0.3 } });
    const socket = await startUpload(gateway);
    socket.on("error", () => undefined);
    await gateway.restart();
    expect((await gateway.openai().files.list()).data).toEqual([]);
    expect(await blobsOf(gateway.dataDir)).toEqual([]);
    socket.destroy();
  });
});

function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

describe("a client that leaves", () => {
  test("while its file goes on to the provider leaves nothing here", async () => {
    await using gateway = await startGateway();
    gateway.emulator.control.inject({
      kind: "slow",
      milliseconds: 1_000,
      method: "POST",
      path: "/files$",
    });
    const leave = new AbortController();
    const upload = request(`${gateway.url}/v1/files`, {
      method: "POST",
      headers: { "content-type": FORM_TYPE },
      body: form,
      signal: leave.signal,
    });
    await expect.poll(() => gateway.emulator.control.journal().length).toBe(1);
    leave.abort();
    await expect(upload).rejects.toThrow(/abort/i);
    await expect.poll(() => blobsOf(gateway.dataDir)).toEqual([]);
    expect(await rowsOf(gateway.dataDir, "files")).toEqual([]);
    expect(gateway.log.text()).not.toContain('"level":"error"');
  });

  test("while its batch is handed over has a batch all the same: it is in the list, and runs once", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(3));
    gateway.emulator.control.inject({
      kind: "slow",
      milliseconds: 600,
      method: "POST",
      path: "/batches$",
    });
    const leave = new AbortController();
    const created = client.batches.create(
      { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" },
      { signal: leave.signal },
    );
    await expect.poll(() => rowsOf(gateway.dataDir, "parts")).toHaveLength(1);
    leave.abort();
    await expect(created).rejects.toThrow(/abort/i);
    const [listed] = (await client.batches.list()).data;
    const batch = await waitForEnd(client, String(listed?.id));
    expect(batch.status).toBe("completed");
    expect(await readLines(client, batch.output_file_id)).toHaveLength(3);
    expect(gateway.emulator.control.batches()).toHaveLength(1);
    expect((await client.batches.list()).data).toHaveLength(1);
  });

  test("while its batch is refused finds it failed in the list, with the reason", async () => {
    await using gateway = await startGateway();
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(3));
    const create = { method: "POST", path: "/batches$" } as const;
    gateway.emulator.control.inject({ ...create, kind: "slow", milliseconds: 600 });
    gateway.emulator.control.inject({ ...create, kind: "status", status: 403 });
    const leave = new AbortController();
    const created = client.batches.create(
      { input_file_id: file.id, endpoint: "/v1/chat/completions", completion_window: "24h" },
      { signal: leave.signal },
    );
    await expect.poll(() => rowsOf(gateway.dataDir, "parts")).toHaveLength(1);
    leave.abort();
    await expect(created).rejects.toThrow(/abort/i);
    const [listed] = (await client.batches.list()).data;
    const batch = await waitForEnd(client, String(listed?.id));
    expect(batch).toMatchObject({
      status: "failed",
      errors: { data: [{ message: expect.any(String), line: null }] },
    });
  });
});

describe("while S3 is gone", () => {
  test("the gateway isn't ready, says 503 to what needs it, and recovers by itself", async () => {
    await using s3 = (await startTestS3()).emulator;
    const aws = {
      AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
    };
    Object.assign(process.env, aws);
    await using gateway = await startGateway({
      config: { blobsUrl: `s3://${S3_BUCKET}/outage`, s3: { endpoint: s3.url } },
    });
    const client = gateway.openai();
    const file = await uploadLines(client, chatLines(2));
    expect(await readiness(gateway)).toEqual(READY);
    s3.control.outageFor(600_000);
    expect(await readiness(gateway)).toMatchObject({
      status: 503,
      body: { status: "unavailable", checks: { database: "ok" } },
    });
    for (const call of [
      () => uploadLines(client, chatLines(2)),
      () => client.files.content(file.id).then((content) => content.text()),
    ]) {
      expect(await refusalOf(call())).toMatchObject({ status: 503, type: "server_error" });
    }
    expect(await client.files.retrieve(file.id)).toEqual(file);
    const waiting = createBatch(client, file.id);
    s3.control.endOutage();
    expect(await waitForEnd(client, (await waiting).id)).toMatchObject({ status: "completed" });
    expect(await readiness(gateway)).toEqual(READY);
    for (const name of Object.keys(aws)) delete process.env[name];
  });
});

describe.skipIf(!canRun(isInstalled(), "the gateway while PostgreSQL is gone"))(
  "while PostgreSQL is gone",
  () => {
    test("the gateway isn't ready, says 503, and goes on where it stood once it is back", async () => {
      const cluster = await startOwnCluster();
      if (cluster === null) throw new Error("PostgreSQL isn't installed");
      try {
        await using gateway = await startGateway({ config: { databaseUrl: cluster.url } });
        const client = gateway.openai();
        gateway.emulator.control.setSpeed(0);
        const file = await uploadLines(client, chatLines(3));
        const created = await createBatch(client, file.id);
        expect(await readiness(gateway)).toEqual(READY);
        await cluster.stop("immediate");
        expect(await readiness(gateway)).toMatchObject({
          status: 503,
          body: { status: "unavailable", checks: { blobs: "ok" } },
        });
        const error = await refusalOf(client.batches.retrieve(created.id));
        expect(error).toMatchObject({ status: 503, type: "server_error" });
        expect((await request(`${gateway.url}/healthz`)).statusCode).toBe(200);
        gateway.emulator.control.setSpeed("instant");
        await cluster.start();
        await expect.poll(() => readiness(gateway), { timeout: 20_000 }).toEqual(READY);
        const batch = await waitForEnd(client, created.id);
        expect(batch.status).toBe("completed");
        expect(await readLines(client, batch.output_file_id)).toHaveLength(3);
      } finally {
        await cluster.destroy();
      }
    });
  },
);
