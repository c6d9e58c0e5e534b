import { Readable } from "node:stream";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { S3Control } from "../../../src/emulators/s3/control.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import type {
  FileToSend,
  Submission,
  Upstream,
  UpstreamFiles,
} from "../../../src/core/provider.ts";
import {
  type BedrockProvider,
  type BedrockProviderOptions,
  createBedrockProvider,
} from "../../../src/providers/bedrock/bedrock.ts";
import { S3_BUCKET, S3_CREDENTIALS, S3_REGION, startTestS3 } from "../../support/s3.ts";
import {
  access,
  type Answer,
  createDeps,
  type HttpHost,
  startHost,
  type TestDeps,
} from "../http-host.ts";

export const ROLE = "arn:aws:iam::123456789012:role/crossbatch";
export const MODEL = "amazon.nova-lite-v1:0";

interface AwsStage extends AsyncDisposable {
  readonly s3: Emulator<S3Control>;
  /** What stands for Bedrock, both of its APIs. */
  readonly host: HttpHost;
  readonly provider: BedrockProvider;
  readonly deps: TestDeps;
  connect(options?: JsonObject): Upstream;
  files(options?: JsonObject): UpstreamFiles;
}

/** The provider between a bucket of the S3 emulator and a Bedrock whose answers the test writes. */
export async function startAwsStage(
  changes: {
    readonly provider?: Partial<BedrockProviderOptions>;
    readonly answers?: readonly Answer[];
  } = {},
): Promise<AwsStage> {
  const { emulator: s3 } = await startTestS3();
  const host = await startHost(...(changes.answers ?? []));
  const deps = createDeps({ now: s3.control.now });
  const provider = createBedrockProvider(
    { ...bedrockOptions(s3.url, host.url), ...changes.provider },
    deps,
  );
  const connect = (options: JsonObject = {}) => provider.connect(access({ key: null }), options);
  return {
    s3,
    host,
    provider,
    deps,
    connect,
    files: (options) => filesOf(connect(options)),
    async [Symbol.asyncDispose]() {
      await provider.close();
      await deps[Symbol.asyncDispose]();
      await host[Symbol.asyncDispose]();
      await s3.close();
    },
  };
}

export function bedrockOptions(s3Url: string, bedrockUrl: string): BedrockProviderOptions {
  return {
    name: "bedrock",
    region: null,
    endpoint: bedrockUrl,
    runtimeEndpoint: bedrockUrl,
    roleArn: ROLE,
    s3Uri: `s3://${S3_BUCKET}/batches`,
    belowMinimum: "direct",
    minimumLines: 1,
    s3: { endpoint: s3Url, region: S3_REGION, credentials: S3_CREDENTIALS },
  };
}

export function filesOf({ files }: Upstream): UpstreamFiles {
  if (files === undefined) throw new Error("the provider keeps no files");
  return files;
}

export function fileOf(content: Buffer, changes: Partial<FileToSend> = {}): FileToSend {
  return {
    filename: "in.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: content.length,
    expiresAfterSeconds: null,
    open: async () => Readable.from(chunksOf(content), { objectMode: false }),
    ...changes,
  };
}

function* chunksOf(content: Buffer): Generator<Buffer> {
  for (let start = 0; start < content.length; start += 65_536) {
    yield content.subarray(start, start + 65_536);
  }
}

export function partOf(changes: Partial<Submission> = {}): Submission {
  return {
    token: "part0001",
    endpoint: "/v1/chat/completions",
    model: MODEL,
    variant: null,
    lines: 1,
    bytes: 3,
    open: async () => Readable.from([Buffer.from("{}\n")]),
    inputNativeId: `s3://${S3_BUCKET}/batches/in.jsonl`,
    ownInput: false,
    completionWindow: "24h",
    metadata: null,
    options: {},
    submittingAt: 0,
    ...changes,
  };
}
