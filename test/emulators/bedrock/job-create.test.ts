import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CREATE_JOB } from "../../../src/emulators/bedrock/job-body.ts";
import { S3_BUCKET } from "../../support/s3.ts";
import { differences } from "./shape-spec.ts";
import {
  claudeBody,
  claudeRecords,
  createJob,
  jobBody,
  recordOf,
  showJob,
  type Stage,
  startStage,
} from "./stage.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(async () => stage[Symbol.asyncDispose]());

const create = async (json: unknown) => stage.call("POST", "/model-invocation-job", { json });
const input = (s3Uri: string, more = {}) => ({
  inputDataConfig: { s3InputDataConfig: { s3Uri, ...more } },
});

describe("a create", () => {
  test("takes exactly the members that AWS's model has", () => {
    expect(differences(CREATE_JOB, "bedrock-jobs", "CreateModelInvocationJobRequest")).toEqual([]);
  });

  test.each([
    ["no name", { jobName: undefined }, "'jobName' failed to satisfy constraint: Member must not"],
    ["a name with an underscore", { jobName: "a_b" }, "regular expression pattern"],
    ["a name that begins with a dash", { jobName: "-a" }, "regular expression pattern"],
    ["a name of 64", { jobName: "a".repeat(64) }, "length less than or equal to 63"],
    ["an endless row of dashes", { jobName: `a${"-".repeat(60)}_` }, "pattern"],
    ["a role that is none", { roleArn: "arn:aws:iam::1:user/a" }, "'roleArn' failed"],
    ["an unknown role", { roleArn: "arn:aws:iam::123456789012:role/none" }, "assume the role"],
    ["an unknown model", { modelId: "anthropic.claude-99-v1:0" }, "model identifier is invalid"],
    [
      "provisioned throughput",
      { modelId: "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcdefghijkl" },
      "'modelId' failed",
    ],
    ["no input", { inputDataConfig: {} }, "exactly one of s3InputDataConfig"],
    ["a bucket in upper case", input("s3://Bucket/in.jsonl"), "s3Uri' failed"],
    ["a space in a key", input("s3://bucket/a b.jsonl"), "s3Uri' failed"],
    ["another format", input("s3://bucket/a.jsonl", { s3InputFormat: "CSV" }), "[JSONL]"],
    ["an owner of 11 digits", input("s3://b-1/a", { s3BucketOwner: "12345678901" }), "Owner"],
    ["a timeout of a day less", { timeoutDurationInHours: 23 }, "greater than or equal to 24"],
    ["a timeout of over a week", { timeoutDurationInHours: 169 }, "less than or equal to 168"],
    ["a timeout in text", { timeoutDurationInHours: "24" }, "type integer"],
    ["another kind", { modelInvocationType: "Chat" }, "[InvokeModel, Converse]"],
    ["an unknown member", { colour: "red" }, "colour is not a member"],
    ["a token with a dash last", { clientRequestToken: "a-" }, "clientRequestToken' failed"],
    ["a tag without a value", { tags: [{ key: "a" }] }, "tags.1.member.value"],
    ["a network without groups", { vpcConfig: { subnetIds: ["a"] } }, "securityGroupIds"],
    [
      "embeddings by Converse",
      { modelId: "amazon.titan-embed-text-v2:0", modelInvocationType: "Converse" },
      "supported text or chat model",
    ],
  ])("with %s is refused", async (_title, change, message) => {
    const reply = await create(jobBody("refused", change));
    expect([reply.status, reply.type]).toEqual([400, "ValidationException"]);
    expect(reply.json.message).toContain(message);
  });

  test("that isn't JSON is refused", async () => {
    const reply = await stage.call("POST", "/model-invocation-job", { body: '{"jobName":' });
    expect([reply.status, reply.type]).toEqual([400, "ValidationException"]);
  });

  test.each([
    "anthropic.claude-3-haiku-20240307-v1:0",
    "us.anthropic.claude-sonnet-4-20250514-v1:0",
    "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
    "arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0",
    "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.amazon.nova-lite-v1:0",
  ])("may name a model as %s", async (modelId) => {
    const name = `m-${modelId.replaceAll(/[^a-z0-9]/g, "")}`.slice(0, 63);
    const reply = await create(jobBody(name, { modelId }));
    expect(reply.status).toBe(200);
    expect(await showJob(stage, reply.json.jobArn.split("/").at(-1))).toMatchObject({ modelId });
  });

  test("with a name that was used is a conflict, which is a 400", async () => {
    expect((await create(jobBody("twice"))).status).toBe(200);
    const reply = await create(jobBody("twice"));
    expect([reply.status, reply.type]).toEqual([400, "ConflictException"]);
  });

  test("with the same token again makes no second job", async () => {
    const body = jobBody("token", { clientRequestToken: "f1ee0b59-8f3c-496f" });
    const first = await create(body);
    const count = stage.control.batches().length;
    expect((await create(body)).json).toEqual(first.json);
    expect(stage.control.batches()).toHaveLength(count);
    const other = await create({ ...body, jobName: "token-2" });
    expect([other.status, other.type]).toEqual([400, "ConflictException"]);
  });

  test("of more jobs than a model may have open is a quota, which is a 400", async () => {
    await using narrow = await startStage({ limits: { concurrentJobs: 2 } });
    const first = await createJob(narrow, claudeRecords(1));
    await createJob(narrow, claudeRecords(1));
    const third = async () =>
      narrow.call("POST", "/model-invocation-job", { json: jobBody("third") });
    const refused = await third();
    expect([refused.status, refused.type]).toEqual([400, "ServiceQuotaExceededException"]);
    await narrow.control.complete(first);
    expect((await third()).status).toBe(200);
  });
});

describe("the validation of a job", () => {
  const uri = (path: string) => input(`s3://${S3_BUCKET}/${path}`);
  test.each([
    ["no object", uri("none.jsonl"), "none.jsonl was not found"],
    ["an empty folder", uri("none/"), "No .jsonl file was found"],
    [
      "no such bucket",
      input("s3://no-such-bucket/in.jsonl"),
      "The specified bucket does not exist",
    ],
    [
      "no bucket for the output",
      { outputDataConfig: { s3OutputDataConfig: { s3Uri: "s3://no-such-bucket" } } },
      "s3://no-such-bucket can't be accessed",
    ],
    [
      "someone else's bucket",
      input(`s3://${S3_BUCKET}/in/job-1.jsonl`, { s3BucketOwner: "999999999999" }),
      "does not belong to the account 999999999999",
    ],
  ])("finds %s", async (_title, more, message) => {
    const id = await createJob(stage, claudeRecords(1), more);
    expect(await stage.control.complete(id)).toBe("Failed");
    const job = await showJob(stage, id);
    expect(job).toMatchObject({ status: "Failed", totalRecordCount: 0 });
    expect(job.message).toContain(message);
    expect(await stage.keys(`out/${id}/`)).toEqual([]);
  });

  test.each([
    ["a line that is no JSON", `${recordOf("a", {})}\nnone\n`, "Line 2 of s3://"],
    ["a line without a modelInput", '{"recordId":"a"}', "Line 1 of s3://"],
    ["a number as an id", '{"recordId":1,"modelInput":{}}', "Line 1 of s3://"],
    ["a line that is a list", "[]", "Line 1 of s3://"],
  ])("finds %s", async (_title, records, message) => {
    const id = await createJob(stage, records);
    expect(await stage.control.complete(id)).toBe("Failed");
    expect((await showJob(stage, id)).message).toContain(message);
  });

  test("wants a hundred records, unless the quota is another", async () => {
    await using strict = await startStage({ limits: { recordsPerJobAtLeast: 100 } });
    const few = await createJob(strict, claudeRecords(99));
    expect(await strict.control.complete(few)).toBe("Failed");
    expect((await showJob(strict, few)).message).toContain(
      "contains less records (99) than the required minimum of: 100",
    );
    const enough = await createJob(strict, claudeRecords(100));
    expect(await strict.control.complete(enough)).toBe("Completed");
  });

  test.each([
    [{ recordsPerJob: 3 }, "more records (4) than the allowed maximum of: 3"],
    [{ inputFileBytes: 100 }, "at most 100 are allowed"],
    [{ jobBytes: 200 }, "at most 200 are allowed"],
  ])("refuses what is beyond %j", async (limits, message) => {
    await using narrow = await startStage({ limits });
    const id = await createJob(narrow, claudeRecords(4));
    expect(await narrow.control.complete(id)).toBe("Failed");
    expect((await showJob(narrow, id)).message).toContain(message);
  });

  test("doesn't look at what a model would say to a record", async () => {
    const id = await createJob(stage, `${recordOf("a", { any: claudeBody("?") })}\n`);
    expect(await stage.control.advance(id)).toBe("Validating");
    expect(await stage.control.advance(id)).toBe("Scheduled");
    expect(await showJob(stage, id)).toMatchObject({ totalRecordCount: 1, errorRecordCount: 0 });
  });
});
