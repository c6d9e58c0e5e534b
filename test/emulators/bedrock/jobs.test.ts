import {
  BedrockClient,
  CreateModelInvocationJobCommand,
  GetModelInvocationJobCommand,
  ListModelInvocationJobsCommand,
  StopModelInvocationJobCommand,
} from "@aws-sdk/client-bedrock";
import { describe, expect, test } from "vitest";
import { sendCommand } from "../../../src/emulators/control-routes.ts";
import { startBedrockEmulator } from "../../../src/emulators/bedrock/server.ts";
import { S3_BUCKET, S3_CREDENTIALS, S3_REGION } from "../../support/s3.ts";
import {
  claudeBody,
  claudeRecords,
  createJob,
  jobBody,
  readRows,
  recordOf,
  showJob,
  startStage,
} from "./stage.ts";

const HOUR = 3_600_000;

describe("the life of a job", () => {
  test("AWS's own client makes a job, follows it and finds its output in S3", async () => {
    await using stage = await startStage();
    const { jobs, control } = stage;
    await stage.put("in/a.jsonl", claudeRecords(5));
    const { jobArn } = await jobs.send(
      new CreateModelInvocationJobCommand({
        ...jobBody("a"),
        modelInvocationType: "InvokeModel",
        timeoutDurationInHours: 48,
      }),
    );
    expect(jobArn).toMatch(
      /^arn:aws:bedrock:us-east-1:123456789012:model-invocation-job\/[a-z0-9]{12}$/,
    );
    const jobIdentifier = jobArn ?? "";
    const id = jobIdentifier.split("/").at(-1) ?? "";
    const states: string[] = [];
    const look = async () => jobs.send(new GetModelInvocationJobCommand({ jobIdentifier }));
    expect(await look()).toMatchObject({ status: "Submitted", totalRecordCount: 0 });
    for (let state = ""; state !== "Completed";) {
      state = await control.advance(id);
      states.push(state);
    }
    expect(states).toEqual(["Validating", "Scheduled", "InProgress", "Completed"]);
    const job = await look();
    expect(job).toMatchObject({
      jobArn,
      jobName: "a",
      status: "Completed",
      totalRecordCount: 5,
      processedRecordCount: 5,
      successRecordCount: 5,
      errorRecordCount: 0,
      timeoutDurationInHours: 48,
      modelInvocationType: "InvokeModel",
    });
    expect(job.jobExpirationTime?.getTime()).toBe((job.submitTime?.getTime() ?? 0) + 48 * HOUR);
    expect(job.endTime).toBeInstanceOf(Date);
    expect(await stage.keys("out/")).toEqual([
      `out/${id}/a.jsonl.out`,
      `out/${id}/manifest.json.out`,
    ]);
    const rows = await readRows(stage, id);
    const names = rows.map(({ recordId }) => String(recordId));
    expect(names.toSorted()).toEqual(["r1", "r2", "r3", "r4", "r5"]);
    for (const { recordId, modelInput, modelOutput } of rows) {
      expect(modelInput).toEqual(claudeBody(`What is ${recordId}?`));
      expect(modelOutput.content[0].text).toContain(`What is ${recordId}?`);
      expect(modelOutput.content[0].text).toMatch(/\n#### \d+$/);
    }
    const manifest = JSON.parse(await stage.get(`out/${id}/manifest.json.out`));
    expect(manifest).toEqual({
      totalRecordCount: 5,
      processedRecordCount: 5,
      successRecordCount: 5,
      errorRecordCount: 0,
      inputTokenCount: rows.reduce((sum, row) => sum + row.modelOutput.usage.input_tokens, 0),
      outputTokenCount: rows.reduce((sum, row) => sum + row.modelOutput.usage.output_tokens, 0),
    });
    const listed = await jobs.send(new ListModelInvocationJobsCommand({}));
    expect(listed.invocationJobSummaries?.map((one) => one.jobArn)).toEqual([jobArn]);
  });

  test("results come in another order than the input, and the same one for a seed", async () => {
    const orders: string[][] = [];
    for (const seed of [1, 1, 2]) {
      await using stage = await startStage({ seed });
      const id = await createJob(stage, claudeRecords(20));
      await stage.control.complete(id);
      orders.push((await readRows(stage, id)).map(({ recordId }) => recordId));
    }
    const inOrder = Array.from({ length: 20 }, (_, index) => `r${index + 1}`);
    expect(orders[0]).not.toEqual(inOrder);
    expect(orders[0]?.toSorted()).toEqual(inOrder.toSorted());
    expect(orders[1]).toEqual(orders[0]);
    expect(orders[2]).not.toEqual(orders[0]);
  });

  test("a job in which every record fails has completed", async () => {
    await using stage = await startStage();
    const bad = { max_tokens: 5, messages: [{ role: "user", content: "a" }] };
    const id = await createJob(stage, `${recordOf("a", bad)}\n${recordOf("b", bad)}\n`);
    expect(await stage.control.complete(id)).toBe("Completed");
    expect(await showJob(stage, id)).toMatchObject({ successRecordCount: 0, errorRecordCount: 2 });
    const error = { errorCode: 400, errorMessage: "anthropic_version: Field required" };
    const rows = await readRows(stage, id);
    expect(rows).toHaveLength(2);
    expect(rows).toContainEqual({ recordId: "a", modelInput: bad, error });
  });

  test("a record without an id gets one, and a file may end without a newline", async () => {
    await using stage = await startStage();
    const id = await createJob(stage, JSON.stringify({ modelInput: claudeBody("Who?") }));
    await stage.control.complete(id);
    expect((await readRows(stage, id)).map(({ recordId }) => recordId)).toEqual(["CALL0000001"]);
  });

  test("a folder's files are all run, and mirrored in the output", async () => {
    await using stage = await startStage();
    await stage.put("many/one.jsonl", claudeRecords(2));
    await stage.put("many/below/two.jsonl", claudeRecords(3).trimEnd());
    await stage.put("many/picture.png", "no records");
    await stage.put("many-others/three.jsonl", claudeRecords(1));
    const id = await createJob(stage, "elsewhere", {
      inputDataConfig: { s3InputDataConfig: { s3Uri: `s3://${S3_BUCKET}/many` } },
      outputDataConfig: { s3OutputDataConfig: { s3Uri: `s3://${S3_BUCKET}/out` } },
    });
    await stage.control.complete(id);
    expect(await showJob(stage, id)).toMatchObject({ totalRecordCount: 5, successRecordCount: 5 });
    expect(await stage.keys(`out/${id}/`)).toEqual([
      `out/${id}/below/two.jsonl.out`,
      `out/${id}/manifest.json.out`,
      `out/${id}/one.jsonl.out`,
    ]);
    const one = (await stage.get(`out/${id}/one.jsonl.out`)).trimEnd().split("\n");
    const two = (await stage.get(`out/${id}/below/two.jsonl.out`)).trimEnd().split("\n");
    expect([one.length, two.length]).toEqual([2, 3]);
  });

  test("a stopped job keeps what it has", async () => {
    await using stage = await startStage();
    const id = await createJob(stage, claudeRecords(6));
    expect(await stage.control.run(id, 2)).toBe("InProgress");
    const { jobArn } = await showJob(stage, id);
    await stage.jobs.send(new StopModelInvocationJobCommand({ jobIdentifier: jobArn }));
    expect(await showJob(stage, id)).toMatchObject({ status: "Stopping" });
    await stage.call("POST", `/model-invocation-job/${id}/stop`);
    expect(await stage.control.run(id, 2)).toBe("Stopping");
    expect(await stage.control.advance(id)).toBe("Stopped");
    expect(await showJob(stage, id)).toMatchObject({
      status: "Stopped",
      totalRecordCount: 6,
      processedRecordCount: 2,
    });
    expect(await readRows(stage, id)).toHaveLength(2);
    const again = await stage.call("POST", `/model-invocation-job/${id}/stop`);
    expect([again.status, again.type]).toEqual([400, "ConflictException"]);
  });

  test("a job that is stopped before it began has no output", async () => {
    await using stage = await startStage();
    const id = await createJob(stage, claudeRecords(2));
    await stage.call("POST", `/model-invocation-job/${id}/stop`);
    expect(await stage.control.complete(id)).toBe("Stopped");
    expect(await stage.keys("out/")).toEqual([]);
  });

  test("a job that doesn't begin in time expires; one that had begun has partially completed", async () => {
    await using stage = await startStage();
    const waiting = await createJob(stage, claudeRecords(3));
    const running = await createJob(stage, claudeRecords(3), { timeoutDurationInHours: 30 });
    await stage.control.run(running, 1);
    stage.control.advanceClock(24 * HOUR - 1_000);
    expect(await showJob(stage, waiting)).toMatchObject({ status: "Submitted" });
    stage.control.advanceClock(1_000);
    expect(await showJob(stage, waiting)).toMatchObject({
      status: "Expired",
      message: "The job did not begin within 24 hours.",
    });
    expect(await showJob(stage, running)).toMatchObject({ status: "InProgress" });
    stage.control.advanceClock(6 * HOUR);
    expect(await showJob(stage, running)).toMatchObject({
      status: "PartiallyCompleted",
      processedRecordCount: 1,
    });
    expect(await readRows(stage, running)).toHaveLength(1);
    expect(await stage.keys(`out/${waiting}/`)).toEqual([]);
  });

  test("jobs run by themselves at a speed", async () => {
    await using stage = await startStage({ speed: "instant" });
    const id = await createJob(stage, claudeRecords(200));
    await expect
      .poll(async () => (await showJob(stage, id)).status, { timeout: 10_000 })
      .toBe("Completed");
    expect(await readRows(stage, id)).toHaveLength(200);
  });
});

describe("the control of jobs", () => {
  test.each(["Expired", "PartiallyCompleted", "Failed"] as const)(
    "a job can be ended as %s, with what it has",
    async (state) => {
      await using stage = await startStage();
      const id = await createJob(stage, claudeRecords(4));
      await stage.control.run(id, 3);
      expect(await sendCommand(stage.emulator.controlUrl, "endBatch", id, state, "why")).toBe(
        state,
      );
      expect(await showJob(stage, id)).toMatchObject({ status: state, message: "why" });
      expect(await readRows(stage, id)).toHaveLength(3);
    },
  );

  test("records fail, vanish, double and answer as planned", async () => {
    await using stage = await startStage();
    const { control } = stage;
    control.failLine("r1", { status: 503 });
    control.failLine(2, { status: 400, body: { errorCode: 400, errorMessage: "own" } });
    control.failLine("r3", { status: 200, body: { own: true } });
    control.omitLine("r4");
    control.duplicateLine("r5");
    const id = await createJob(stage, claudeRecords(6));
    await control.complete(id);
    expect(control.batches()).toEqual([
      { id, state: "Completed", lines: 6, metadata: { jobName: "job-1" } },
    ]);
    expect(await showJob(stage, id)).toMatchObject({ successRecordCount: 4, errorRecordCount: 2 });
    const rows = await readRows(stage, id);
    const of = (name: string) => rows.filter(({ recordId }) => recordId === name);
    expect(of("r1")).toMatchObject([{ error: { errorCode: 503 } }]);
    expect(of("r2")).toMatchObject([{ error: { errorMessage: "own" } }]);
    expect(of("r3")).toMatchObject([{ modelOutput: { own: true } }]);
    expect(of("r4")).toEqual([]);
    expect(of("r5")).toHaveLength(2);
    expect(of("r6")).toHaveLength(1);
  });

  test("what the emulator does in S3 is no call of anyone's", async () => {
    await using stage = await startStage();
    const id = await createJob(stage, claudeRecords(2));
    stage.s3.control.inject({ kind: "status", status: 503, times: 9 });
    stage.s3.control.clearJournal();
    expect(await stage.control.complete(id)).toBe("Completed");
    expect(stage.s3.control.journal()).toEqual([]);
  });
});

describe("buckets at an address", () => {
  test("serve as well as those of the same process", async () => {
    await using stage = await startStage();
    await using far = await startBedrockEmulator({
      s3: stage.s3.url,
      credentials: S3_CREDENTIALS,
      limits: { recordsPerJobAtLeast: 1 },
      speed: 0,
    });
    const client = new BedrockClient({
      endpoint: far.url,
      region: S3_REGION,
      credentials: S3_CREDENTIALS,
      maxAttempts: 1,
    });
    const run = async (name: string, uri: string) => {
      const inputDataConfig = { s3InputDataConfig: { s3Uri: uri } };
      const { jobArn: jobIdentifier } = await client.send(
        new CreateModelInvocationJobCommand({ ...jobBody(name), inputDataConfig }),
      );
      await far.control.complete(jobIdentifier ?? "");
      return client.send(new GetModelInvocationJobCommand({ jobIdentifier }));
    };
    await stage.put("far/it's.jsonl", claudeRecords(3));
    await stage.put("far/ä & b.txt", "none");
    expect(await run("fine", `s3://${S3_BUCKET}/far`)).toMatchObject({
      status: "Completed",
      successRecordCount: 3,
    });
    const [output = "", manifest = ""] = await stage.keys("out/");
    expect((await stage.get(output)).trimEnd().split("\n")).toHaveLength(3);
    expect(JSON.parse(await stage.get(manifest))).toMatchObject({ totalRecordCount: 3 });
    const failed = await run("bad", "s3://no-such-bucket/in.jsonl");
    expect(failed.message).toContain("NoSuchBucket: The specified bucket does not exist");
    client.destroy();
  });
});
