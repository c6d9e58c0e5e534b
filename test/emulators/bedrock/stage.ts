import { BedrockClient } from "@aws-sdk/client-bedrock";
import { BedrockRuntimeClient } from "@aws-sdk/client-bedrock-runtime";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import type { BedrockControl } from "../../../src/emulators/bedrock/control.ts";
import {
  type BedrockEmulatorOptions,
  DEFAULT_ROLE,
  startBedrockEmulator,
} from "../../../src/emulators/bedrock/server.ts";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { S3Control } from "../../../src/emulators/s3/control.ts";
import {
  createTestClient,
  S3_BUCKET,
  S3_CREDENTIALS,
  S3_REGION,
  startTestS3,
} from "../../support/s3.ts";
import { specProblem } from "../../support/specs.ts";

export const CLAUDE = "anthropic.claude-3-haiku-20240307-v1:0";
const TOKEN = "bedrock-api-key-test-4711";

export interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly s3: Emulator<S3Control>;
  readonly emulator: Emulator<BedrockControl>;
  readonly control: BedrockControl;
  readonly jobs: BedrockClient;
  readonly runtime: BedrockRuntimeClient;
  /** A call whose reply is held against AWS's own model. */
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>;
  readonly put: (key: string, body: string) => Promise<void>;
  readonly get: (key: string) => Promise<string>;
  readonly keys: (prefix: string) => Promise<readonly string[]>;
}

interface CallOptions {
  readonly json?: unknown;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Reply {
  readonly status: number;
  readonly type: string | null;
  readonly headers: Headers;
  readonly json: ReturnType<typeof JSON.parse>;
}

export async function startStage(
  options: Partial<Omit<BedrockEmulatorOptions, "s3">> = {},
): Promise<Stage> {
  const { emulator: s3 } = await startTestS3();
  const emulator = await startBedrockEmulator({
    s3,
    credentials: [S3_CREDENTIALS, { bearerToken: TOKEN }],
    speed: 0,
    ...options,
    limits: { recordsPerJobAtLeast: 1, ...options.limits },
  });
  const buckets = createTestClient(s3.url);
  const client = {
    endpoint: emulator.url,
    region: S3_REGION,
    credentials: S3_CREDENTIALS,
    maxAttempts: 1,
  };
  const jobs = new BedrockClient(client);
  const runtime = new BedrockRuntimeClient(client);
  return {
    url: emulator.url,
    s3,
    emulator,
    control: emulator.control,
    jobs,
    runtime,
    call: async (method, path, call = {}) => {
      const reply = await send(method, emulator.url + path, call);
      checkReply(method, path, reply);
      return reply;
    },
    put: async (key, body) => {
      await buckets.send(new PutObjectCommand({ Bucket: S3_BUCKET, Key: key, Body: body }));
    },
    get: async (key) => {
      const object = await buckets.send(new GetObjectCommand({ Bucket: S3_BUCKET, Key: key }));
      return (await object.Body?.transformToString()) ?? "";
    },
    keys: async (prefix) => {
      const listed = await buckets.send(
        new ListObjectsV2Command({ Bucket: S3_BUCKET, Prefix: prefix }),
      );
      return (listed.Contents ?? []).map(({ Key }) => Key ?? "");
    },
    [Symbol.asyncDispose]: async () => {
      for (const one of [jobs, runtime, buckets]) one.destroy();
      await emulator.close();
      await s3.close();
    },
  };
}

async function send(method: string, url: string, options: CallOptions): Promise<Reply> {
  const { json, body, headers } = options;
  const response = await fetch(url, {
    method,
    headers: {
      "content-type": "application/json",
      authorization: `Bearer ${TOKEN}`,
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type") === "application/json";
  return {
    status: response.status,
    type: response.headers.get("x-amzn-errortype")?.replace(/:.*$/, "") ?? null,
    headers: response.headers,
    json: isJson ? JSON.parse(text) : null,
  };
}

/** Null where AWS's model says nothing of the body. */
const SCHEMAS: readonly (readonly [method: string, pattern: RegExp, schema: string | null])[] = [
  ["POST", /^\/model-invocation-job$/, "CreateModelInvocationJobResponse"],
  ["GET", /^\/model-invocation-jobs$/, "ListModelInvocationJobsResponse"],
  ["GET", /^\/model-invocation-job\/[^/]+$/, "GetModelInvocationJobResponse"],
  ["POST", /^\/model-invocation-job\/[^/]+\/stop$/, "StopModelInvocationJobResponse"],
  ["POST", /\/converse$/, "ConverseResponse"],
  ["POST", /\/(invoke|invoke-with-response-stream|converse-stream)$/, null],
];

/** Of the services' front: no operation declares them. */
const FRONT = [
  "IncompleteSignatureException",
  "InvalidSignatureException",
  "MissingAuthenticationTokenException",
  "UnknownOperationException",
  "UnrecognizedClientException",
];

function checkReply(method: string, path: string, reply: Reply): void {
  if (!/^[0-9a-f-]{36}$/.test(reply.headers.get("x-amzn-requestid") ?? "")) {
    throw new Error(`${method} ${path} has no request id`);
  }
  const isJob = path.startsWith("/model-invocation");
  if (reply.status !== 200) {
    if (reply.type === null) throw new Error(`an error of ${reply.status} has no type`);
    const schema = FRONT.includes(reply.type) ? "ValidationException" : reply.type;
    hold(isJob, schema, reply.json);
    if (typeof reply.json.message !== "string") throw new Error("an error has no message");
    return;
  }
  const pathname = path.replace(/\?.*$/, "");
  const found = SCHEMAS.find(([verb, pattern]) => verb === method && pattern.test(pathname));
  if (found === undefined) throw new Error(`no schema is known for ${method} ${path}`);
  if (found[2] !== null) hold(isJob, found[2], reply.json);
}

function hold(isJob: boolean, schema: string, value: unknown): void {
  const problem = specProblem(isJob ? "bedrock-jobs" : "bedrock", schema, value);
  if (problem !== null) throw new Error(`${problem}: ${JSON.stringify(value).slice(0, 500)}`);
}

/** A body of Claude's, with anything about it changed. */
export function claudeBody(question: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    anthropic_version: "bedrock-2023-05-31",
    max_tokens: 200,
    messages: [{ role: "user", content: [{ type: "text", text: question }] }],
    ...more,
  };
}

export function recordOf(recordId: string, modelInput: unknown): string {
  return JSON.stringify({ recordId, modelInput });
}

/** So many records that ask Claude something. */
export function claudeRecords(count: number): string {
  return Array.from({ length: count }, (_, index) => {
    const name = `r${index + 1}`;
    return `${recordOf(name, claudeBody(`What is ${name}?`))}\n`;
  }).join("");
}

export function jobBody(name: string, more: Readonly<Record<string, unknown>> = {}) {
  return {
    jobName: name,
    roleArn: DEFAULT_ROLE,
    modelId: CLAUDE,
    inputDataConfig: { s3InputDataConfig: { s3Uri: `s3://${S3_BUCKET}/in/${name}.jsonl` } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${S3_BUCKET}/out/` } },
    ...more,
  };
}

/** A job over these records, that moves only when the control says so. Its id. */
export async function createJob(
  stage: Stage,
  records: string,
  more: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const name = `job-${stage.control.batches().length + 1}`;
  await stage.put(`in/${name}.jsonl`, records);
  const reply = await stage.call("POST", "/model-invocation-job", { json: jobBody(name, more) });
  if (reply.status !== 200) throw new Error(JSON.stringify(reply.json));
  return reply.json.jobArn.split("/").at(-1);
}

export async function showJob(stage: Stage, id: string): Promise<Reply["json"]> {
  return (await stage.call("GET", `/model-invocation-job/${id}`)).json;
}

/** The rows of a job's only output file. */
export async function readRows(stage: Stage, id: string): Promise<readonly Reply["json"][]> {
  const keys = (await stage.keys(`out/${id}/`)).filter((key) => key.endsWith(".jsonl.out"));
  const [key = ""] = keys;
  if (keys.length !== 1) throw new Error(`${keys.length} files of output`);
  const text = await stage.get(key);
  if (!text.endsWith("\n") || text.includes("\n\n")) throw new Error("not one line a row");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
