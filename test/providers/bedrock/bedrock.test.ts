import { execFile } from "node:child_process";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { createConfig } from "../../../src/config/schema.ts";
import type { Upstream } from "../../../src/core/provider.ts";
import { openProviders } from "../../../src/providers/open-providers.ts";
import { S3_BUCKET } from "../../support/s3.ts";
import { createDeps, failure, never } from "../http-host.ts";
import { fileOf, filesOf, MODEL, partOf } from "./aws-stage.ts";
import { type BedrockStage, startBedrockStage } from "./bedrock-stage.ts";

const run = promisify(execFile);
const question = JSON.stringify({
  messages: [{ role: "user", content: [{ text: "Say hello." }] }],
});

function connect(stage: BedrockStage): Upstream {
  return stage.provider.connect(stage.access, {});
}

async function submit(stage: BedrockStage, lines: readonly string[], token = "part0001") {
  const upstream = connect(stage);
  const content = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const { id } = await filesOf(upstream).upload(fileOf(content), never);
  const part = partOf({ token, model: stage.model, inputNativeId: id });
  return { upstream, job: await upstream.submit(part, never) };
}

async function rowsOf(upstream: Upstream, job: Awaited<ReturnType<typeof submit>>["job"]) {
  const rows: string[] = [];
  for await (const part of upstream.collect(job, never)) {
    expect(part.nativeId).toMatch(
      new RegExp(`^s3://${S3_BUCKET}/batches/output/${job.id.split("/").at(-1)}/.*\\.jsonl\\.out$`),
    );
    rows.push(...(await text(await part.open(never))).trimEnd().split("\n"));
  }
  return rows;
}

describe("Bedrock as its emulator has it", () => {
  test("a job that has completed although every record failed is no success", async () => {
    await using stage = await startBedrockStage();
    const bad = JSON.stringify({ recordId: "r1", modelInput: { messages: [] } });
    const { upstream, job } = await submit(stage, [bad, bad.replace("r1", "r2")]);
    await stage.finish();
    const report = await upstream.poll(job, never);
    expect(report).toMatchObject({
      outcome: "completed",
      counts: { total: 2, completed: 0, failed: 2 },
      outputNativeId: expect.stringMatching(/\.jsonl\.out$/),
    });
    const rows = await rowsOf(upstream, job);
    expect(rows.map((row) => stage.readResult(row).outcome)).toEqual(["errored", "errored"]);
  });

  test("tokens are those of the manifest", async () => {
    await using stage = await startBedrockStage();
    const { upstream, job } = await submit(stage, [stage.line("a")]);
    await stage.finish();
    const report = await upstream.poll(job, never);
    if (report.kind !== "ended") throw new Error(`it is ${report.kind}`);
    expect(report.usage?.inputTokens).toBeGreaterThan(0);
    expect(report.usage?.outputTokens).toBeGreaterThan(0);
  });

  test("of a job that was ended early the results that there are come", async () => {
    await using stage = await startBedrockStage();
    const { upstream, job } = await submit(
      stage,
      ["a", "b", "c"].map((id) => stage.line(id)),
    );
    await stage.emulator.control.run(job.id, 2);
    await stage.emulator.control.endBatch(job.id, "PartiallyCompleted", "Out of time.");
    expect(await upstream.poll(job, never)).toMatchObject({
      outcome: "expired",
      nativeState: "PartiallyCompleted",
    });
    expect(await rowsOf(upstream, job)).toHaveLength(2);
  });

  test("a full quota can be tried again, and nothing was made", async () => {
    await using stage = await startBedrockStage({ limits: { concurrentJobs: 1 } });
    await submit(stage, [stage.line("a")]);
    const error = await failure(submit(stage, [stage.line("b")], "part0002"));
    expect(error).toMatchObject({ code: "upstream_rate_limited", retryable: true });
    expect(error.details).toMatchObject({ notSent: true, upstreamStatus: 400 });
    await stage.finish();
    await submit(stage, [stage.line("b")], "part0002");
    expect(await stage.jobsMade()).toBe(2);
  });

  test("the same Part sent twice is one job", async () => {
    await using stage = await startBedrockStage();
    const { upstream, job } = await submit(stage, [stage.line("a")]);
    // Another input under the same token is a conflict there.
    const again = await submit(stage, [stage.line("a")]);
    expect(again.job).toEqual(job);
    expect(await upstream.find(partOf(), never)).toEqual({ kind: "found", job });
    expect(await stage.jobsMade()).toBe(1);
  });

  test("too few records are a failure that says so", async () => {
    await using stage = await startBedrockStage({ limits: { recordsPerJobAtLeast: 100 } });
    const { upstream, job } = await submit(stage, [stage.line("a")]);
    await stage.finish();
    const report = await upstream.poll(job, never);
    expect(report).toMatchObject({ outcome: "failed" });
    expect(report).toHaveProperty("errors.0.message", expect.stringMatching(/100/));
  });
});

describe("calls, signed as AWS wants it", () => {
  test.each([MODEL, `us.${MODEL}`])("Converse of %s answers whole and in events", async (model) => {
    await using stage = await startBedrockStage();
    const { calls } = connect(stage);
    const request = { endpoint: "/", model, variant: "Converse", body: question };
    const whole = await calls?.send(request, never);
    expect(whole).toMatchObject({ status: 200, requestId: expect.stringMatching(/./) });
    if (whole === undefined) return;
    expect(JSON.parse(whole.body)).toHaveProperty("output.message.role", "assistant");
    const streamed = await calls?.stream(request, never);
    if (streamed?.kind !== "events") throw new Error("it isn't streamed");
    const names: (string | null)[] = [];
    for await (const { event, data } of streamed.events) {
      names.push(event);
      expect(typeof JSON.parse(data)).toBe("object");
    }
    expect(names.at(0)).toBe("messageStart");
    expect(names).toContain("contentBlockDelta");
    expect(names).toContain("messageStop");
  });

  test("InvokeModel of Claude streams Anthropic's own events", async () => {
    await using stage = await startBedrockStage();
    const { modelInput } = JSON.parse(stage.line("a"));
    const streamed = await connect(stage).calls?.stream(
      { endpoint: "/", model: stage.model, variant: null, body: JSON.stringify(modelInput) },
      never,
    );
    if (streamed?.kind !== "events") throw new Error("it isn't streamed");
    const types: string[] = [];
    for await (const { data } of streamed.events) types.push(JSON.parse(data).type);
    expect(types.at(0)).toBe("message_start");
    expect(types.at(-1)).toBe("message_stop");
  });

  test("refused credentials are an answer 401", async () => {
    await using stage = await startBedrockStage();
    const { calls } = stage.connectWithKey?.("another-secret") ?? {};
    const request = { endpoint: "/", model: MODEL, variant: "Converse", body: question };
    expect(await calls?.send(request, never)).toMatchObject({ kind: "whole", status: 401 });
  });
});

describe("Bedrock in a gateway", () => {
  test("is opened under its own and under named entries, as configuration says", async () => {
    await using deps = createDeps();
    const config = createConfig({
      providers: {
        bedrock: { minimumLines: 7, belowMinimum: "reject" },
        frankfurt: { kind: "bedrock", region: "eu-central-1" },
      },
    });
    const opened = openProviders(config, deps);
    const facts = opened.providers.filter(({ format }) => format === "bedrock");
    expect(facts).toMatchObject([
      {
        name: "bedrock",
        modelPrefix: "bedrock",
        belowMinimum: "reject",
        limits: { minLines: 7, maxLines: 50_000, maxBytes: 1_000_000_000, oneModel: true },
      },
      { name: "frankfurt", modelPrefix: "frankfurt", belowMinimum: "direct" },
    ]);
    for (const provider of facts) {
      expect(provider).toMatchObject({
        configuredKey: null,
        passThrough: false,
        keepsFiles: true,
        takesInputFiles: true,
        hasBatches: true,
      });
    }
    await opened.close();
  });

  test("loads AWS's clients when it is first used, not when it is connected to", async () => {
    const source = (name: string) => new URL(`../../../src/${name}`, import.meta.url).href;
    const script = `
      import { registerHooks } from "node:module";
      let loaded = 0;
      registerHooks({
        load(url, context, next) {
          if (/node_modules\\/@(aws-sdk|smithy)\\//.test(url)) loaded += 1;
          return next(url, context);
        },
      });
      const { createBedrockProvider } = await import("${source("providers/bedrock/bedrock.ts")}");
      const provider = createBedrockProvider(
        { name: "bedrock", region: "us-east-1", endpoint: null, runtimeEndpoint: null, roleArn: null,
          s3Uri: null, belowMinimum: "direct", minimumLines: 100,
          s3: { endpoint: "http://127.0.0.1:9", region: "us-east-1", credentials: { accessKeyId: "a", secretAccessKey: "b" } } },
        { agent: null, telemetry: { upstreamCall: () => undefined }, now: Date.now },
      );
      const { files } = provider.connect({ account: "a", key: null, source: "configured", headers: {} }, {});
      const before = loaded;
      await files.retrieve("s3://some-bucket/in.jsonl", AbortSignal.timeout(10_000)).catch(() => null);
      await provider.close();
      console.log(JSON.stringify([before, loaded > 0]));
    `;
    const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script]);
    expect(JSON.parse(stdout)).toEqual([0, true]);
  });
});
