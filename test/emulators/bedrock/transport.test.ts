import {
  BedrockClient,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
} from "@aws-sdk/client-bedrock";
import { ConverseCommand } from "@aws-sdk/client-bedrock-runtime";
import { describe, expect, test } from "vitest";
import { startBedrockEmulator } from "../../../src/emulators/bedrock/server.ts";
import { exchange } from "../../support/raw-http.ts";
import { S3_CREDENTIALS, S3_REGION } from "../../support/s3.ts";
import { bytesOf, type Capture, readCaptures } from "../../support/sdk-captures.ts";
import { CLAUDE, claudeRecords, createJob, startStage } from "./stage.ts";

const MESSAGES = [{ role: "user" as const, content: [{ text: "How many?" }] }];

type Refused = readonly [string, Readonly<Record<string, string>>, number, string];

async function refusalOf(options: {
  readonly region?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly skewMilliseconds?: number;
}): Promise<readonly [number, string]> {
  const { region = S3_REGION, skewMilliseconds = 0, ...keys } = options;
  await using stage = await startStage({ now: () => Date.now() - skewMilliseconds });
  const client = new BedrockClient({
    endpoint: stage.url,
    region,
    credentials: { ...S3_CREDENTIALS, ...keys },
    maxAttempts: 1,
  });
  const error: unknown = await client
    .send(new ListModelInvocationJobsCommand({}))
    .catch((reason: unknown) => reason);
  client.destroy();
  if (!(error instanceof Error)) throw new Error("it wasn't refused");
  const metadata: unknown = Reflect.get(error, "$metadata");
  const status: unknown = Object(metadata).httpStatusCode;
  return [Number(status), error.name];
}

describe("who may come in", () => {
  test.each([
    ["an unknown key", { accessKeyId: "AKIDOTHER" }, "UnrecognizedClientException"],
    ["a wrong secret", { secretAccessKey: "other" }, "InvalidSignatureException"],
    ["another region", { region: "eu-west-1" }, "InvalidSignatureException"],
    ["an old signature", { skewMilliseconds: -400_000 }, "InvalidSignatureException"],
    ["one of tomorrow", { skewMilliseconds: 400_000 }, "InvalidSignatureException"],
  ])("not %s", async (_title, options, name) => {
    expect(await refusalOf(options)).toEqual([403, name]);
  });

  test.each([
    ["nobody", {}, 403, "MissingAuthenticationTokenException"],
    ["a wrong API key", { authorization: "Bearer none" }, 403, "AccessDeniedException"],
    ["Basic", { authorization: "Basic a" }, 403, "IncompleteSignatureException"],
  ])("not %s", async (...[, headers, status, type]: Refused) => {
    await using stage = await startStage();
    const response = await fetch(`${stage.url}/model-invocation-jobs`, { headers });
    expect(response.status).toBe(status);
    expect(response.headers.get("x-amzn-errortype")).toMatch(new RegExp(`^${type}:http`));
    expect(await response.json()).toEqual({ message: expect.any(String) });
  });

  test("a signature covers the body", async () => {
    const [capture] = readCaptures("aws-sdk-js-3");
    if (capture === undefined) throw new Error("there is no capture");
    const body = Buffer.from(capture.body.toString().replace("job-1", "job-2"));
    const changed = { ...capture, url: "/model-invocation-job", body };
    await using own = await startStage({ now: () => CAPTURED_AT, credentials: CAPTURED });
    const answer = await exchange(own.url, bytesOf(changed));
    expect(answer.headers["x-amzn-errortype"]).toMatch(/^InvalidSignatureException/);
  });

  test("any key, where none is given: only the shape of a signature is checked", async () => {
    await using stage = await startStage();
    await using open = await startBedrockEmulator({ s3: stage.s3 });
    const list = async (authorization: string) =>
      (await fetch(`${open.url}/model-invocation-jobs`, { headers: { authorization } })).status;
    expect(await list("Bearer anything")).toBe(200);
    expect(await list("AWS4-HMAC-SHA256 Credential=a")).toBe(403);
  });

  test("what nobody answers is unknown", async () => {
    await using stage = await startStage();
    const reply = await stage.call("GET", "/foundation-models");
    expect([reply.status, reply.type]).toEqual([404, "UnknownOperationException"]);
  });
});

const CAPTURED_AT = Date.parse("2026-11-22T05:20:20Z");
/** The recorder's keys; its paths were below those of a gateway, and so they are signed. */
const CAPTURED = [
  { accessKeyId: "AKID", secretAccessKey: "secret" },
  { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
];

/** The recorder's bucket has a name that is too short for AWS. */
function adapt(capture: Capture): Capture {
  const body = Buffer.from(capture.body.toString().replaceAll("s3://b/", "s3://bucket/"));
  const headers = capture.headers
    .filter(([name]) => name.toLowerCase() !== "x-amz-content-sha256")
    .map(([name, value]) =>
      name.toLowerCase() === "content-length"
        ? ([name, String(body.length)] as const)
        : ([name, value] as const),
    );
  return { ...capture, url: capture.url.replace(/^\/bedrock/, ""), body, headers };
}

describe("requests as AWS's SDKs recorded them", () => {
  test.each(["aws-sdk-js-3", "boto3-1.43.107"])("%s is understood", async (name) => {
    await using stage = await startStage();
    await using emulator = await startBedrockEmulator({
      s3: stage.s3,
      speed: 0,
      roles: ["arn:aws:iam::123456789012:role/r"],
      now: () => CAPTURED_AT,
    });
    const captures = readCaptures(name).filter(({ url }) => url.startsWith("/bedrock/"));
    expect(captures.length).toBeGreaterThan(3);
    let id = "abcdefghijkl";
    const answers: string[] = [];
    for (const capture of captures) {
      const url = adapt(capture)
        .url.replaceAll("abcdefghijkl", id)
        .replace("&nextToken=t", "")
        .replace("&statusEquals=InProgress&nameContains=x", "");
      const answer = await exchange(emulator.url, bytesOf({ ...adapt(capture), url }));
      const text = answer.body.toString();
      expect([url, answer.status, text]).toEqual([url, 200, text]);
      const { jobArn } = JSON.parse(text);
      if (url === "/model-invocation-job") id = jobArn.split("/").at(-1);
      answers.push(text);
    }
    expect(answers.filter((text) => text.includes('"jobName":"job-1"')).length).toBeGreaterThan(1);
    expect(answers.filter((text) => text.startsWith('{"invocationJobSummaries":[{'))).toHaveLength(
      1,
    );
    expect(await emulator.control.advance(id)).toBe("Stopped");
  });
});

describe("faults", () => {
  test.each([
    [400, "ValidationException"],
    [403, "AccessDeniedException"],
    [404, "ResourceNotFoundException"],
    [429, "ThrottlingException"],
    [500, "InternalServerException"],
    [503, "ServiceUnavailableException"],
  ])("a status of %i is Bedrock's own %s to AWS's client", async (status, name) => {
    await using stage = await startStage();
    stage.control.inject({ kind: "status", status });
    const sent = stage.runtime.send(new ConverseCommand({ modelId: CLAUDE, messages: MESSAGES }));
    await expect(sent).rejects.toMatchObject({ name, $metadata: { httpStatusCode: status } });
  });

  test.each([
    { kind: "reset" },
    { kind: "lostReply" },
    { kind: "cutOff", afterBytes: 5 },
    { kind: "malformed" },
  ] as const)("%o reaches AWS's client over HTTP/2 as well", async (fault) => {
    await using stage = await startStage();
    const send = async () =>
      stage.runtime.send(new ConverseCommand({ modelId: CLAUDE, messages: MESSAGES }));
    stage.control.inject(fault);
    await expect(send()).rejects.toBeInstanceOf(Error);
    expect((await send()).stopReason).toBe("end_turn");
    expect(stage.control.journal().map((entry) => entry.fault)).toEqual([fault.kind, null]);
  });

  test("a create whose reply is lost made its job", async () => {
    await using stage = await startStage();
    stage.control.inject({ kind: "lostReply", path: "^/model-invocation-job$" });
    await expect(createJob(stage, claudeRecords(1))).rejects.toThrow("fetch failed");
    expect(stage.control.batches()).toMatchObject([{ state: "Submitted" }]);
  });

  test("the journal shows calls, and of keys a digest", async () => {
    await using stage = await startStage();
    const id = await createJob(stage, claudeRecords(1));
    await stage.jobs.send(new GetModelInvocationJobCommand({ jobIdentifier: id }));
    const journal = stage.control.journal();
    expect(journal).toMatchObject([
      { method: "POST", path: "/model-invocation-job", status: 200 },
      { method: "GET", path: `/model-invocation-job/${id}`, status: 200 },
    ]);
    expect(JSON.stringify(journal)).not.toContain("bedrock-api-key");
    expect(journal[0]?.headers["authorization"]).toMatch(/^sha256:/);
  });
});
