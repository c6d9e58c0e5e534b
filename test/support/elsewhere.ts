import Anthropic from "@anthropic-ai/sdk";
import { BedrockClient, CreateModelInvocationJobCommand } from "@aws-sdk/client-bedrock";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import OpenAI, { toFile } from "openai";
import { z } from "zod";
import { PROVIDER_KEY } from "./secrets.ts";
import { BUCKET, MODELS, type ProviderName, REGION, type World } from "./world.ts";

/** Makes files and batches with a provider's own API, behind the gateway's back. */
export interface Elsewhere {
  /** Its id, as the provider gives it. */
  file(text: string, name: string): Promise<string>;
  /**
   * A batch of lines `here-1`, `here-2`, …, over a file where the provider wants one; left out: as few as it takes. `model`:
   * another than the usual one.
   */
  batch(made?: {
    readonly lines?: number;
    readonly model?: string;
  }): Promise<{ readonly id: string; readonly lines: number }>;
}

/** Two jobs at Bedrock can't have one name. */
let jobs = 0;

export function elsewhere(world: World, provider: ProviderName): Elsewhere {
  return MAKERS[provider](world);
}

const MAKERS: Readonly<Record<ProviderName, (world: World) => Elsewhere>> = {
  openai(world) {
    const client = new OpenAI({ baseURL: world.emulators.openai.url, apiKey: PROVIDER_KEY });
    const file = async (text: string, name: string) => {
      const content = await toFile(Buffer.from(text), name);
      return (await client.files.create({ file: content, purpose: "batch" })).id;
    };
    return {
      file,
      async batch({ lines: count = 2, model = MODELS.openai } = {}) {
        const lines = numbers(count).map((number) => ({
          custom_id: `here-${number}`,
          method: "POST",
          url: "/v1/chat/completions",
          body: { model, messages: [{ role: "user", content: "Hello" }] },
        }));
        const { id } = await client.batches.create({
          input_file_id: await file(toLines(lines), "here.jsonl"),
          endpoint: "/v1/chat/completions",
          completion_window: "24h",
        });
        return { id, lines: count };
      },
    };
  },
  anthropic(world) {
    const client = new Anthropic({ baseURL: world.emulators.anthropic.url, apiKey: PROVIDER_KEY });
    return {
      async file(text, name) {
        const file = await toFile(Buffer.from(text), name);
        return (await client.beta.files.upload({ file })).id;
      },
      async batch({ lines: count = 2, model = MODELS.anthropic } = {}) {
        const requests = numbers(count).map((number) => ({
          custom_id: `here-${number}`,
          params: {
            model,
            max_tokens: 10,
            messages: [{ role: "user" as const, content: "Hello" }],
          },
        }));
        return { id: (await client.messages.batches.create({ requests })).id, lines: count };
      },
    };
  },
  gemini(world) {
    const { url } = world.emulators.gemini;
    const post = async (path: string, body: string, headers: Record<string, string>) => {
      const reply = await fetch(url + path, {
        method: "POST",
        body,
        headers: { "x-goog-api-key": PROVIDER_KEY, ...headers },
      });
      const answer = await reply.text();
      if (!reply.ok) throw new Error(answer);
      return NAMED.parse(JSON.parse(answer)).name;
    };
    const file = async (text: string, displayName: string): Promise<string> => {
      const described = JSON.stringify({ file: { displayName, mimeType: "application/jsonl" } });
      const body = `--edge\r\nContent-Type: application/json\r\n\r\n${described}\r\n--edge\r\nContent-Type: application/jsonl\r\n\r\n${text}\r\n--edge--\r\n`;
      return post("/upload/v1beta/files", body, {
        "x-goog-upload-protocol": "multipart",
        "content-type": "multipart/related; boundary=edge",
      });
    };
    return {
      file,
      async batch({ lines: count = 2, model = MODELS.gemini } = {}) {
        const lines = numbers(count).map((number) => ({
          key: `here-${number}`,
          request: { contents: [{ role: "user", parts: [{ text: "Hello" }] }] },
        }));
        const fileName = await file(toLines(lines), "here.jsonl");
        const body = JSON.stringify({ batch: { displayName: "here", inputConfig: { fileName } } });
        const path = `/v1beta/models/${model}:batchGenerateContent`;
        const id = await post(path, body, { "content-type": "application/json" });
        return { id, lines: count };
      },
    };
  },
  bedrock(world) {
    const credentials = { accessKeyId: "emulated", secretAccessKey: "emulated-secret-0123456789" };
    const common = { region: REGION, credentials };
    const file = async (text: string, name: string) => {
      const client = new S3Client({ ...common, endpoint: world.s3.url, forcePathStyle: true });
      const Key = `elsewhere/${name}`;
      await client.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body: text }));
      client.destroy();
      return `s3://${BUCKET}/${Key}`;
    };
    return {
      file,
      async batch({ lines: count = 100, model = MODELS.bedrock } = {}) {
        const lines = numbers(count).map((number) => ({
          recordId: `here-${number}`,
          modelInput: {
            anthropic_version: "bedrock-2023-05-31",
            max_tokens: 10,
            messages: [{ role: "user", content: "Hello" }],
          },
        }));
        jobs += 1;
        const name = `here-${jobs}`;
        const s3Uri = await file(toLines(lines), `${name}.jsonl`);
        const client = new BedrockClient({ ...common, endpoint: world.emulators.bedrock.url });
        const { jobArn } = await client.send(
          new CreateModelInvocationJobCommand({
            jobName: name,
            roleArn: "arn:aws:iam::123456789012:role/crossbatch",
            modelId: model,
            inputDataConfig: { s3InputDataConfig: { s3Uri } },
            outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${BUCKET}/elsewhere/out/` } },
          }),
        );
        client.destroy();
        return { id: String(jobArn), lines: count };
      },
    };
  },
};

/** A batch, or the answer to an upload. */
const NAMED = z.union([
  z.looseObject({ name: z.string() }),
  z.looseObject({ file: z.looseObject({ name: z.string() }) }).transform(({ file }) => file),
]);

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function toLines(lines: readonly object[]): string {
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}
