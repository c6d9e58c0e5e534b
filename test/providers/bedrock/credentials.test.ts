import { inspect } from "node:util";
import { afterEach, expect, test, vi } from "vitest";
import { boundChain } from "../../../src/providers/bedrock/credentials.ts";
import { failure, never, sendJson, silence, startHost } from "../http-host.ts";
import { bedrockOptions, fileOf, partOf, startAwsStage } from "./aws-stage.ts";

const SET = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY";

afterEach(() => vi.unstubAllEnvs());

/** As on a machine off AWS, on which the address of the instance metadata never answers. */
function forgetCredentials(metadata: string): void {
  for (const name of ["ACCESS_KEY_ID", "SECRET_ACCESS_KEY", "SESSION_TOKEN", "PROFILE", "REGION"]) {
    vi.stubEnv(`AWS_${name}`, undefined);
  }
  vi.stubEnv("AWS_CONFIG_FILE", "/nonexistent/config");
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent/credentials");
  vi.stubEnv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata);
}

test("without credentials every call ends soon, and says what to set", async () => {
  await using metadata = await startHost(silence);
  forgetCredentials(`http://127.0.0.1:${metadata.port}`);
  const { endpoint = null } = bedrockOptions("http://127.0.0.1:9", "").s3;
  await using stage = await startAwsStage({ provider: { s3: { endpoint, region: "us-east-1" } } });
  const upstream = stage.connect();
  const request = { endpoint: "/", model: "m", variant: null, body: "{}" };
  const errors = await Promise.all([
    failure(stage.files().upload(fileOf(Buffer.from("{}\n")), never)),
    failure(upstream.submit(partOf(), never)),
    failure(upstream.find(partOf(), never)),
    failure(upstream.calls?.send(request, never) ?? Promise.resolve()),
  ]);
  for (const error of errors) {
    expect(error).toMatchObject({
      code: "upstream_unauthorized",
      status: 401,
      message: expect.stringContaining(SET),
      details: { notSent: true },
    });
  }
  expect(stage.host.seen).toEqual([]);
});

test("the chain is taken from the environment, and its secret is in no error", async () => {
  vi.stubEnv("AWS_ACCESS_KEY_ID", "AKIDOTHER");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "wrong-secret-0123456789");
  await using host = await startHost((response) => {
    response.writeHead(403).end("<Error><Code>InvalidAccessKeyId</Code></Error>");
  });
  await using stage = await startAwsStage({
    provider: { s3: { endpoint: host.url, region: "us-east-1" } },
  });
  const error = await failure(stage.files().upload(fileOf(Buffer.from("{}\n")), never));
  expect(error.code).toBe("upstream_unauthorized");
  expect(inspect(error, { depth: 9 })).not.toContain("0123456789");
  expect(host.seen[0]?.headers["authorization"]).toContain("Credential=AKIDOTHER/");
});

test("a key of Bedrock's own goes to Bedrock, and nowhere else", async () => {
  vi.stubEnv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-api-key-4711");
  await using stage = await startAwsStage({ answers: [sendJson({ jobArn: "arn:aws:x" })] });
  const upstream = stage.connect();
  await upstream.submit(partOf(), never);
  await upstream.calls?.send({ endpoint: "/", model: "m", variant: null, body: "{}" }, never);
  await stage.files().upload(fileOf(Buffer.from("{}\n")), never);
  expect(stage.host.seen.map(({ headers }) => headers["authorization"])).toEqual([
    "Bearer bedrock-api-key-4711",
    "Bearer bedrock-api-key-4711",
  ]);
});

test("a chain that never answers is given up, one that is late serves the next call", async () => {
  vi.useFakeTimers();
  try {
    const { promise, resolve } = Promise.withResolvers<string>();
    const chain = boundChain("bedrock", async () => promise);
    const first = failure(chain());
    await vi.advanceTimersByTimeAsync(1_000);
    expect((await first).message).toContain(SET);
    resolve("credentials");
    expect(await chain()).toBe("credentials");
  } finally {
    vi.useRealTimers();
  }
});
