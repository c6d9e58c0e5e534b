import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { Emulator } from "../../src/emulators/control.ts";
import type { S3Control } from "../../src/emulators/s3/control.ts";
import { startS3Emulator } from "../../src/emulators/s3/server.ts";
import { createS3Blobs, type S3BlobsOptions } from "../../src/storage/blobs/s3.ts";

export const S3_CREDENTIALS = { accessKeyId: "AKIDTEST", secretAccessKey: "test-secret" };
export const S3_REGION = "us-east-1";
export const S3_BUCKET = "test-bucket";

/** A store that speaks S3, with an empty bucket. */
export interface TestS3 extends AsyncDisposable {
  readonly endpoint: string;
  /** Left out: any key does. */
  readonly emulator?: Emulator<S3Control>;
}

/** Our own emulator, which checks signatures. */
export async function startTestS3(): Promise<TestS3 & { readonly emulator: Emulator<S3Control> }> {
  const emulator = await startS3Emulator({
    buckets: [S3_BUCKET],
    region: S3_REGION,
    credentials: S3_CREDENTIALS,
  });
  return { endpoint: emulator.url, emulator, [Symbol.asyncDispose]: emulator.close };
}

/**
 * Whether moto's server is installed. If not, one line says that `suite` wasn't run, unless `CROSSBATCH_TEST_REQUIRE`
 * contains `s3`: then that is an error.
 */
export function canRunMoto(suite: string): boolean {
  const found = spawnSync("python3", ["-c", "import moto.server, flask"], { stdio: "ignore" });
  if (found.status === 0) return true;
  if ((process.env["CROSSBATCH_TEST_REQUIRE"] ?? "").split(",").includes("s3")) {
    throw new Error(`${suite} must run, but moto's server isn't installed for python3`);
  }
  process.stderr.write(`Not run, for want of moto's server: ${suite}\n`);
  return false;
}

/** moto's server in a process of its own. */
export async function startMoto(): Promise<TestS3> {
  const port = await freePort();
  const server = spawn("python3", ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, MOTO_S3_DEFAULT_KEY_BUFFER_SIZE: String(64 * 1024 * 1024) },
  });
  let log = "";
  server.stderr.on("data", (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const kill = () => {
    server.kill("SIGKILL");
  };
  process.once("exit", kill);
  const endpoint = `http://127.0.0.1:${port}`;
  const client = createTestClient(endpoint);
  for (;;) {
    try {
      await client.send(new CreateBucketCommand({ Bucket: S3_BUCKET }));
      break;
    } catch (error) {
      if (server.exitCode !== null) throw new Error(`moto didn't start:\n${log}`, { cause: error });
      await sleep(100);
    }
  }
  client.destroy();
  return {
    endpoint,
    async [Symbol.asyncDispose]() {
      process.off("exit", kill);
      const exited = once(server, "exit");
      kill();
      await exited;
    },
  };
}

/** The AWS SDK itself, to look at a store apart from ours. */
export function createTestClient(endpoint: string): S3Client {
  return new S3Client({
    endpoint,
    region: S3_REGION,
    credentials: S3_CREDENTIALS,
    forcePathStyle: true,
    maxAttempts: 1,
  });
}

export async function createTestS3Blobs(endpoint: string, options: Partial<S3BlobsOptions> = {}) {
  return createS3Blobs({
    url: `s3://${S3_BUCKET}/blobs/of-test`,
    endpoint,
    region: S3_REGION,
    credentials: S3_CREDENTIALS,
    ...options,
  });
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
