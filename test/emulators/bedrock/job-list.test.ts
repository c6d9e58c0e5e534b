import { paginateListModelInvocationJobs } from "@aws-sdk/client-bedrock";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claudeRecords, createJob, type Stage, startStage } from "./stage.ts";

let stage: Stage;
const START = Date.parse("2026-11-01T00:00:00Z");
beforeAll(async () => {
  stage = await startStage();
  stage.control.setClock(START);
  for (let count = 0; count < 5; count += 1) {
    const id = await createJob(stage, claudeRecords(1));
    if (count < 2) await stage.control.complete(id);
    stage.control.advanceClock(60_000);
  }
});
afterAll(async () => stage[Symbol.asyncDispose]());

const list = async (query: string) => stage.call("GET", `/model-invocation-jobs?${query}`);
const names = async (query: string) =>
  (await list(query)).json.invocationJobSummaries.map(
    (job: { readonly jobName: string }) => job.jobName,
  );

describe("the list of jobs", () => {
  test("AWS's own client pages through it, the newest first", async () => {
    const found: (string | undefined)[] = [];
    let pages = 0;
    const pager = paginateListModelInvocationJobs({ client: stage.jobs, pageSize: 2 }, {});
    for await (const page of pager) {
      pages += 1;
      found.push(...(page.invocationJobSummaries ?? []).map(({ jobName }) => jobName));
    }
    expect(found).toEqual(["job-5", "job-4", "job-3", "job-2", "job-1"]);
    expect(pages).toBe(3);
  });

  test.each([
    ["sortBy=CreationTime&sortOrder=Ascending&maxResults=2", ["job-1", "job-2"]],
    ["statusEquals=Completed", ["job-2", "job-1"]],
    ["statusEquals=Stopped", []],
    ["nameContains=b-3", ["job-3"]],
    ["submitTimeAfter=2026-11-01T00%3A02%3A30Z", ["job-5", "job-4"]],
    ["submitTimeBefore=2026-11-01T00%3A01%3A00Z", ["job-1"]],
    ["submitTimeAfter=1970-01-01T00%3A00%3A00Z&maxResults=1", ["job-5"]],
  ])("%s", async (query, expected) => {
    expect(await names(query)).toEqual(expected);
  });

  test("a page goes on where the one before ended, upwards too", async () => {
    const first = await list("sortOrder=Ascending&maxResults=3");
    const token = encodeURIComponent(first.json.nextToken);
    expect(await names(`sortOrder=Ascending&maxResults=3&nextToken=${token}`)).toEqual([
      "job-4",
      "job-5",
    ]);
    expect((await list("maxResults=5")).json.nextToken).toBeUndefined();
  });

  test.each([
    "maxResults=0",
    "maxResults=1001",
    "maxResults=many",
    "nextToken=t",
    "statusEquals=Done",
    "sortBy=Name",
    "sortOrder=Up",
    "submitTimeAfter=yesterday",
    "nameContains=_",
  ])("%s is refused", async (query) => {
    const reply = await list(query);
    expect([reply.status, reply.type]).toEqual([400, "ValidationException"]);
  });
});

describe("a job's identifier", () => {
  test.each([
    ["is its id", (id: string) => id, 200],
    [
      "is its encoded ARN",
      (id: string) =>
        encodeURIComponent(`arn:aws:bedrock:us-east-1:123456789012:model-invocation-job/${id}`),
      200,
    ],
    ["of another region is not found", (id: string) => arnIn("eu-west-1", id), 404],
    ["that is unknown is not found", () => "abcdefghijkl", 404],
    ["in upper case is refused", (id: string) => id.toUpperCase().replaceAll(/\d/g, "A"), 400],
    ["with a name is refused", () => "job-1", 400],
  ])("%s", async (_title, identifier, status) => {
    const id = stage.control.batches()[0]?.id ?? "";
    const reply = await stage.call("GET", `/model-invocation-job/${identifier(id)}`);
    expect([reply.status, reply.type]).toEqual([status, TYPES[status]]);
  });
});

const TYPES: Readonly<Record<number, string | null>> = {
  200: null,
  400: "ValidationException",
  404: "ResourceNotFoundException",
};

function arnIn(region: string, id: string): string {
  return encodeURIComponent(`arn:aws:bedrock:${region}:123456789012:model-invocation-job/${id}`);
}
