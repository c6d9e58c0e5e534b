import { text } from "node:stream/consumers";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import type { JobRef } from "../../../src/core/batch.ts";
import { createTestClient, S3_BUCKET } from "../../support/s3.ts";
import { type Answer, failure, never, reset, sendJson } from "../http-host.ts";
import { MODEL, partOf, ROLE, startAwsStage } from "./aws-stage.ts";

const ARN = "arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/abcdefghijkl";
const OUTPUT = `s3://${S3_BUCKET}/batches/output/`;
const job: JobRef = { id: ARN, data: { output: OUTPUT } };
const submitTime = "2026-11-28T10:00:00Z";

function awsError(type: string, status: number, message = "No."): Answer {
  return sendJson({ message }, status, { "x-amzn-errortype": `${type}:http://internal` });
}

function jobOf(changes: object): object {
  return {
    jobArn: ARN,
    jobName: "crossbatch-part0001",
    modelId: MODEL,
    roleArn: ROLE,
    submitTime,
    inputDataConfig: { s3InputDataConfig: { s3Uri: `s3://${S3_BUCKET}/batches/in.jsonl` } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: OUTPUT } },
    ...changes,
  };
}

async function putOutput(endpoint: string, objects: Readonly<Record<string, string>>) {
  const client = createTestClient(endpoint);
  for (const [name, Body] of Object.entries(objects)) {
    const Key = `batches/output/abcdefghijkl/${name}`;
    await client.send(new PutObjectCommand({ Bucket: S3_BUCKET, Key, Body }));
  }
  client.destroy();
}

describe("a job is made once", () => {
  test("with the token as its name and as AWS's own, the role, the data's places and the variant", async () => {
    await using stage = await startAwsStage({ answers: [sendJson({ jobArn: ARN })] });
    const upstream = stage.connect({ output_s3_uri: "s3://results-bucket/ours" });
    const made = await upstream.submit(
      partOf({ variant: "Converse", completionWindow: "48h" }),
      never,
    );
    expect(made).toEqual({ id: ARN, data: { output: "s3://results-bucket/ours/" } });
    expect(JSON.parse(stage.host.seen[0]?.body ?? "")).toEqual({
      jobName: "crossbatch-part0001",
      clientRequestToken: "part0001",
      roleArn: ROLE,
      modelId: MODEL,
      modelInvocationType: "Converse",
      inputDataConfig: {
        s3InputDataConfig: { s3Uri: `s3://${S3_BUCKET}/batches/in.jsonl`, s3InputFormat: "JSONL" },
      },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: "s3://results-bucket/ours/" } },
      timeoutDurationInHours: 48,
    });
  });

  test("in the region that the request names; a job is followed in its own", async () => {
    await using stage = await startAwsStage({
      answers: [sendJson({ jobArn: ARN.replace("us-east-1", "eu-west-3") })],
    });
    const options = { storage_config: { s3: { bucket: S3_BUCKET, region: "us-west-2" } } };
    const made = await stage.connect(options).submit(partOf(), never);
    await failure(stage.connect().cancel(made, never)).catch(() => null);
    const regions = stage.host.seen.map(
      ({ headers }) => /\/(\w+-\w+-\d)\/bedrock\//.exec(headers["authorization"] ?? "")?.[1],
    );
    expect(regions).toEqual(["us-west-2", "eu-west-3"]);
  });

  test.each([
    ["no place", { s3Uri: null }, {}, "storage_config", "CROSSBATCH_BEDROCK_S3_URI"],
    ["no role", { roleArn: null }, {}, "provider", "CROSSBATCH_BEDROCK_ROLE_ARN"],
    ["no model", {}, { model: null }, "model", "needs a model"],
    ["no input in S3", {}, { inputNativeId: "file-1" }, "input_file_id", "object in S3"],
  ])("with %s nothing is sent, and the error says what is missing", async (...row) => {
    const [, provider, changes, param, words] = row;
    await using stage = await startAwsStage({ provider });
    const error = await failure(stage.connect().submit(partOf(changes), never));
    expect(error).toMatchObject({ code: "invalid_request", details: { param, notSent: true } });
    expect(error.message).toContain(words);
    expect(stage.host.seen).toEqual([]);
  });

  test.each([
    ["ServiceQuotaExceededException", 400, "upstream_rate_limited", true],
    ["ThrottlingException", 429, "upstream_rate_limited", true],
    ["ValidationException", 400, "upstream_rejected", true],
    ["AccessDeniedException", 403, "upstream_forbidden", true],
    ["ResourceNotFoundException", 404, "upstream_not_found", true],
    ["ExpiredTokenException", 403, "upstream_unauthorized", true],
    ["InternalServerException", 500, "upstream_unavailable", undefined],
  ])("%s is sent once and means %s", async (...row) => {
    const [type, status, code, notSent] = row;
    await using stage = await startAwsStage({ answers: [awsError(type, status, "Because.")] });
    const error = await failure(stage.connect().submit(partOf(), never));
    expect(error.code).toBe(code);
    expect(error.details).toMatchObject({ upstreamStatus: status, upstreamType: type });
    expect(error.details.notSent).toBe(notSent);
    expect(error.message.includes("Because.")).toBe(code !== "upstream_unauthorized");
    expect(stage.host.seen).toHaveLength(1);
  });

  test("a lost answer proves nothing", async () => {
    await using stage = await startAwsStage({ answers: [reset] });
    const error = await failure(stage.connect().submit(partOf(), never));
    expect(error.code).toBe("upstream_unavailable");
    expect(error.details.notSent).toBeUndefined();
    expect(stage.host.seen).toHaveLength(1);
  });

  test("a job of the same name is adopted", async () => {
    const other = jobOf({ jobName: "crossbatch-part00011", jobArn: `${ARN}x`, status: "Failed" });
    await using stage = await startAwsStage({
      answers: [
        awsError("ConflictException", 400),
        sendJson({ invocationJobSummaries: [other], nextToken: "more" }),
        sendJson({ invocationJobSummaries: [jobOf({ status: "InProgress" })] }),
      ],
    });
    expect(await stage.connect().submit(partOf(), never)).toEqual(job);
    expect(stage.host.seen.slice(1).map(({ url }) => new URL(url, "http://host").search)).toEqual([
      "?maxResults=1000&nameContains=crossbatch-part0001",
      "?maxResults=1000&nameContains=crossbatch-part0001&nextToken=more",
    ]);
  });

  test("a conflict with a job that isn't to be seen yet proves nothing", async () => {
    await using stage = await startAwsStage({
      answers: [awsError("ConflictException", 400), sendJson({ invocationJobSummaries: [] })],
    });
    const error = await failure(stage.connect().submit(partOf(), never));
    expect(error.code).toBe("upstream_conflict");
    expect(error.details.notSent).toBe(false);
  });
});

describe("a job is followed", () => {
  test.each([
    ["Submitted", "running", "validating"],
    ["Validating", "running", "validating"],
    ["Scheduled", "running", "validating"],
    ["InProgress", "running", "in_progress"],
    ["Stopping", "running", "cancelling"],
    ["Meditating", "running", "in_progress"],
    ["Completed", "ended", "completed"],
    ["PartiallyCompleted", "ended", "expired"],
    ["Failed", "ended", "failed"],
    ["Stopped", "ended", "cancelled"],
    ["Expired", "ended", "expired"],
  ])("%s is %s: %s", async (status, kind, state) => {
    await using stage = await startAwsStage({
      answers: [sendJson(jobOf({ status, message: "too few records" }))],
    });
    await putOutput(stage.s3.url, { "in.jsonl.out": "{}\n" });
    const report = await stage.connect().poll(job, never);
    expect(report).toMatchObject({
      kind,
      [kind === "running" ? "state" : "outcome"]: state,
      nativeState: status,
      counts: null,
      model: MODEL,
      times: { createdAt: Date.parse(submitTime) },
    });
    if (report.kind === "running") return;
    expect(report.errors).toEqual(
      status === "Failed"
        ? [{ code: "job_failed", message: "too few records", param: null, line: null }]
        : [],
    );
    expect(report.outputNativeId).toBe(
      status === "Failed" ? null : `${OUTPUT}abcdefghijkl/in.jsonl.out`,
    );
  });

  test("completed without results is finalizing for a while, then completed", async () => {
    await using stage = await startAwsStage({
      answers: [sendJson(jobOf({ status: "Completed", endTime: new Date().toISOString() }))],
    });
    const upstream = stage.connect();
    expect(await upstream.poll(job, never)).toMatchObject({ kind: "running", state: "finalizing" });
    stage.s3.control.advanceClock(3_600_000);
    expect(await upstream.poll(job, never)).toMatchObject({ kind: "ended", outcome: "completed" });
  });

  test("what the counters don't say the manifest does, tokens too", async () => {
    await using stage = await startAwsStage({
      answers: [sendJson(jobOf({ status: "Completed" }))],
    });
    await putOutput(stage.s3.url, {
      "in.jsonl.out": "{}\n",
      "manifest.json.out": JSON.stringify({
        totalRecordCount: 100,
        processedRecordCount: 100,
        successRecordCount: 99,
        errorRecordCount: 1,
        inputTokenCount: 11_811,
        outputTokenCount: 3_345,
        inputAudioSecond: "a surprise",
      }),
    });
    expect(await stage.connect().poll(job, never)).toMatchObject({
      counts: { total: 100, completed: 99, failed: 1 },
      usage: { inputTokens: 11_811, outputTokens: 3_345, totalTokens: 15_156 },
    });
  });

  test("a job whose every record failed has completed, and its results say so", async () => {
    const counts = { totalRecordCount: 2, successRecordCount: 0, errorRecordCount: 2 };
    await using stage = await startAwsStage({
      answers: [sendJson(jobOf({ status: "Completed", ...counts }))],
    });
    const row = '{"recordId":"1","error":{"errorCode":400,"errorMessage":"no"}}\n';
    await putOutput(stage.s3.url, { "in.jsonl.out": row, "manifest.json.out": "not JSON" });
    expect(await stage.connect().poll(job, never)).toMatchObject({
      outcome: "completed",
      counts: { total: 2, completed: 0, failed: 2 },
      usage: null,
    });
  });

  test("that it has ended is believed though its bucket is closed to us", async () => {
    await using stage = await startAwsStage({
      answers: [sendJson(jobOf({ status: "Completed" }))],
    });
    const elsewhere = { id: ARN, data: { output: "s3://no-such-bucket/out/" } };
    expect(await stage.connect().poll(elsewhere, never)).toMatchObject({ outcome: "completed" });
    const error = await failure(
      stage.connect().collect(elsewhere, never)[Symbol.asyncIterator]().next(),
    );
    expect(error.message).toContain("no-such-bucket");
  });

  test("results in several files are all collected, the manifest isn't", async () => {
    await using stage = await startAwsStage({
      answers: [sendJson(jobOf({ status: "Completed" }))],
    });
    await putOutput(stage.s3.url, {
      "a.jsonl.out": "1\n",
      "sub/b.jsonl.out": "2\n",
      "manifest.json.out": "{}",
    });
    const upstream = stage.connect();
    expect(await upstream.poll(job, never)).toMatchObject({ outputNativeId: null });
    const found: string[][] = [];
    // A job that was made elsewhere says itself where its results are.
    for await (const part of upstream.collect({ id: ARN, data: {} }, never)) {
      found.push([part.role, part.nativeId ?? "", await text(await part.open(never))]);
    }
    expect(found).toEqual([
      ["output", `${OUTPUT}abcdefghijkl/a.jsonl.out`, "1\n"],
      ["output", `${OUTPUT}abcdefghijkl/sub/b.jsonl.out`, "2\n"],
    ]);
  });

  test.each([
    ["ConflictException", "Completed", true],
    ["ValidationException", "Failed", true],
    ["ConflictException", "Stopping", true],
    ["ValidationException", "InProgress", false],
  ])("a cancel refused with %s of a job that is %s is fine: %s", async (type, status, isFine) => {
    await using stage = await startAwsStage({
      answers: [awsError(type, 400), sendJson(jobOf({ status }))],
    });
    const cancelled = stage.connect().cancel(job, never);
    const told = isFine ? await cancelled : (await failure(cancelled)).details.upstreamType;
    expect(told).toBe(isFine ? undefined : type);
    expect(stage.host.seen.map(({ method }) => method)).toEqual(["POST", "GET"]);
  });
});

describe("jobs are listed", () => {
  const summaries = ["aaaaaaaaaaa1", "aaaaaaaaaaa2", "aaaaaaaaaaa3"].map((id) =>
    jobOf({ jobArn: ARN.replace("abcdefghijkl", id), status: "InProgress" }),
  );

  test("by Bedrock's own cursor, or after an id", async () => {
    await using stage = await startAwsStage({
      answers: [
        sendJson({ invocationJobSummaries: summaries.slice(0, 2), nextToken: "more" }),
        sendJson({ invocationJobSummaries: summaries.slice(2) }),
        sendJson({ invocationJobSummaries: summaries.slice(0, 2), nextToken: "more" }),
        sendJson({ invocationJobSummaries: summaries.slice(2) }),
        sendJson({ invocationJobSummaries: summaries }),
      ],
    });
    const { jobs } = stage.connect();
    if (jobs === undefined) throw new Error("the provider lists no jobs");
    const ids = async (after: string | null) => {
      const { items, next } = await jobs.list({ after, limit: 2 }, never);
      return [...items.map((item) => item.job.id.slice(-1)), next];
    };
    expect(await ids(null)).toEqual(["1", "2", "more"]);
    expect(await ids("more")).toEqual(["3", null]);
    expect(await ids(ARN.replace("abcdefghijkl", "aaaaaaaaaaa2"))).toEqual(["3", null]);
    expect((await failure(ids("aaaaaaaaaaa9"))).code).toBe("upstream_not_found");
  });

  test("one that was made elsewhere says all that we know of it", async () => {
    const found = jobOf({
      status: "InProgress",
      modelId: "amazon.titan-embed-text-v2:0",
      timeoutDurationInHours: 72,
      jobExpirationTime: "2026-12-01T10:00:00Z",
    });
    await using stage = await startAwsStage({ answers: [sendJson(found)] });
    const { jobs } = stage.connect();
    expect(await jobs?.retrieve("abcdefghijkl", never)).toMatchObject({
      job,
      endpoint: "/v1/embeddings",
      inputNativeId: `s3://${S3_BUCKET}/batches/in.jsonl`,
      completionWindow: "72h",
      metadata: null,
      createdAt: Date.parse(submitTime),
      expiresAt: Date.parse("2026-12-01T10:00:00Z"),
    });
    const error = await failure(jobs?.retrieve("batch_1", never) ?? Promise.resolve());
    expect(error.code).toBe("upstream_not_found");
    expect(stage.host.seen).toHaveLength(1);
  });
});
