import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, createApp } from "../../src/app.ts";
import { type ConfigInput, createConfig } from "../../src/config/schema.ts";
import type { Emulator } from "../../src/emulators/control.ts";
import type { S3Control } from "../../src/emulators/s3/control.ts";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { canRun, createTestDatabase, isServerReachable } from "../support/postgres.ts";
import { S3_BUCKET, S3_CREDENTIALS, startTestS3 } from "../support/s3.ts";
import { PROVIDER_KEY } from "../support/secrets.ts";
import { createTestLog } from "../support/test-log.ts";

const hasPostgres = canRun(await isServerReachable(), "the gateway on PostgreSQL");
let s3: Emulator<S3Control>;
const aws = {
  AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
  AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
};

beforeAll(async () => {
  s3 = (await startTestS3()).emulator;
  Object.assign(process.env, aws);
});
afterAll(async () => {
  for (const name of Object.keys(aws)) delete process.env[name];
  await s3.close();
});

async function storage(pair: { readonly database: string; readonly blobs: string }) {
  const database = pair.database === "postgres" ? await createTestDatabase() : null;
  const config: ConfigInput = {
    ...(database === null ? {} : { databaseUrl: database.url }),
    ...(pair.blobs === "S3"
      ? { blobsUrl: `s3://${S3_BUCKET}/pairs`, s3: { endpoint: s3.url } }
      : {}),
  };
  return { config, drop: async () => database?.drop() };
}

const pairs = ["SQLite", "postgres"].flatMap((database) =>
  ["disk", "S3"].map((blobs) => ({ database, blobs })),
);

describe.each(pairs)("on $database and $blobs", (pair) => {
  test.skipIf(pair.database === "postgres" && !hasPostgres)(
    "a batch lives from upload to results, over restarts, and its files can be deleted",
    async () => {
      const { config, drop } = await storage(pair);
      {
        await using gateway = await startGateway({ config });
        gateway.emulator.control.setSpeed(0);
        const text = chatLines(30);
        const file = await uploadLines(gateway.openai(), text);
        expect(await (await gateway.openai().files.content(file.id)).text()).toBe(text);
        const created = await createBatch(gateway.openai(), file.id);
        await gateway.restart();
        await gateway.emulator.control.run(created.id, 10);
        gateway.emulator.control.omitLine("line-7");
        gateway.emulator.control.setSpeed("instant");
        const batch = await waitForEnd(gateway.openai(), created.id);
        await gateway.restart();
        const lines = [
          ...(await readLines(gateway.openai(), batch.output_file_id)),
          ...(await readLines(gateway.openai(), batch.error_file_id)),
        ];
        expect(new Set(lines.map((line) => line.custom_id)).size).toBe(30);
        for await (const each of gateway.openai().files.list())
          await gateway.openai().files.delete(each.id);
        expect((await gateway.openai().files.list()).data).toEqual([]);
        expect((await gateway.openai().batches.list()).data.map((each) => each.id)).toEqual([
          created.id,
        ]);
      }
      await drop();
    },
  );
});

describe.skipIf(!hasPostgres)("two gateways on one PostgreSQL and one bucket", () => {
  test("serve each other's files and batches, and run each batch once", async () => {
    const { config, drop } = await storage({ database: "postgres", blobs: "S3" });
    {
      await using first = await startGateway({
        config: { ...config, secretKey: "a secret that both replicas share" },
      });
      const second: App = await createApp(
        createConfig({
          ...config,
          port: 0,
          dataDir: `${first.dataDir}/second`,
          pollSeconds: 0.05,
          secretKey: "a secret that both replicas share",
          providers: { openai: { baseUrl: first.emulator.url, apiKey: PROVIDER_KEY } },
        }),
        { destination: createTestLog() },
      );
      const url = await second.start();
      const here = first.openai();
      const there = here.withOptions({ baseURL: `${url}/v1` });
      const created = await Promise.all(
        Array.from({ length: 12 }, async (_, number) => {
          const file = await uploadLines(number % 2 === 0 ? here : there, chatLines(5));
          return createBatch(number % 3 === 0 ? here : there, file.id);
        }),
      );
      for (const [number, { id }] of created.entries()) {
        const batch = await waitForEnd(number % 2 === 0 ? there : here, id);
        expect(batch).toMatchObject({
          id,
          status: "completed",
          request_counts: { total: 5, completed: 5, failed: 0 },
        });
        expect(await readLines(number % 2 === 0 ? here : there, batch.output_file_id)).toHaveLength(
          5,
        );
      }
      expect(first.emulator.control.batches()).toHaveLength(12);
      await second.stop();
    }
    await drop();
  });
});
