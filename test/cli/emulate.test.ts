import Anthropic from "@anthropic-ai/sdk";
import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  GetModelInvocationJobCommand,
} from "@aws-sdk/client-bedrock";
import { ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import OpenAI from "openai";
import { expect, test } from "vitest";
import { emulate } from "../../src/cli/emulate.ts";
import { createTestClient, S3_CREDENTIALS, S3_REGION } from "../support/s3.ts";

test("emulators are started and their addresses told", async () => {
  const lines: string[] = [];
  await using emulators = await emulate({ print: (line) => void lines.push(line) });
  const [openai, anthropic] = ["openai", "anthropic"].map((name) => {
    const emulator = emulators.byProvider.get(name);
    const { url, controlUrl } = emulator ?? {};
    expect(lines).toContain(`${name}  base URL ${url}  API key sk-emulator  control ${controlUrl}`);
    return emulator;
  });
  expect(lines).toHaveLength(emulators.byProvider.size);
  const client = new OpenAI({ apiKey: "sk-emulator", baseURL: openai?.url ?? "", maxRetries: 0 });
  expect((await client.files.list()).data).toEqual([]);
  const claude = new Anthropic({
    apiKey: "sk-emulator",
    baseURL: anthropic?.url ?? "",
    maxRetries: 0,
  });
  expect((await claude.messages.batches.list()).data).toEqual([]);
  const gemini = emulators.byProvider.get("gemini")?.url ?? "";
  const headers = { "x-goog-api-key": "sk-emulator" };
  expect(await (await fetch(`${gemini}/v1beta/files`, { headers })).json()).toEqual({});
});

test("S3 is started with its buckets, for any credentials", async () => {
  const lines: string[] = [];
  const buckets = ["one-bucket", "two-bucket"];
  await using emulators = await emulate({
    providers: ["s3"],
    buckets,
    print: (line) => void lines.push(line),
  });
  const { url = "", controlUrl } = emulators.byProvider.get("s3") ?? {};
  expect(lines).toEqual([
    `s3  base URL ${url}  any credentials  buckets one-bucket, two-bucket  control ${controlUrl}`,
  ]);
  for (const bucket of buckets) {
    const client = createTestClient(url);
    expect((await client.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(0);
  }
});

test("Bedrock is started with the S3 that its jobs need, also if it alone is asked for", async () => {
  const lines: string[] = [];
  await using emulators = await emulate({
    providers: ["bedrock"],
    print: (line) => void lines.push(line),
  });
  const { url: endpoint = "", controlUrl } = emulators.byProvider.get("bedrock") ?? {};
  expect(lines.map((line) => line.split("  ")[0])).toEqual(["s3", "bedrock"]);
  expect(lines[1]).toBe(
    `bedrock  base URL ${endpoint}  any credentials  role arn:aws:iam::123456789012:role/crossbatch  control ${controlUrl}`,
  );
  const place = { Bucket: "crossbatch", Key: "in.jsonl" };
  const s3 = createTestClient(emulators.byProvider.get("s3")?.url ?? "");
  await s3.send(new PutObjectCommand({ ...place, Body: '{"modelInput":{}}' }));
  const client = new BedrockClient({
    endpoint,
    region: S3_REGION,
    credentials: S3_CREDENTIALS,
    maxAttempts: 1,
  });
  const { jobArn } = await client.send(
    new CreateModelInvocationJobCommand({
      jobName: "a",
      roleArn: "arn:aws:iam::123456789012:role/crossbatch",
      modelId: "amazon.nova-lite-v1:0",
      inputDataConfig: { s3InputDataConfig: { s3Uri: "s3://crossbatch/in.jsonl" } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: "s3://crossbatch/out/" } },
    }),
  );
  const look = async () => client.send(new GetModelInvocationJobCommand({ jobIdentifier: jobArn }));
  await expect.poll(async () => (await look()).status, { timeout: 10_000 }).toBe("Failed");
  expect((await look()).message).toContain("less records (1) than the required minimum of: 100");
  client.destroy();
  s3.destroy();
});

test("the key may be chosen", async () => {
  await using emulators = await emulate({ apiKey: "sk-mine", print: () => undefined });
  const baseURL = emulators.byProvider.get("openai")?.url ?? "";
  const list = (apiKey: string) =>
    new OpenAI({ apiKey, baseURL, maxRetries: 0 }).files.list().then((page) => page.data.length);
  expect(await list("sk-mine")).toBe(0);
  await expect(list("sk-emulator")).rejects.toMatchObject({ status: 401 });
});

test("an unknown provider is refused before anything is started", async () => {
  await expect(emulate({ providers: ["openai", "acme"], print: () => undefined })).rejects.toThrow(
    "There is no emulator for 'acme'; there are emulators for: openai, anthropic, gemini",
  );
});
