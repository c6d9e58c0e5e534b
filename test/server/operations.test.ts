import { expect, test } from "vitest";
import { GatewayError } from "../../src/core/errors.ts";
import { startServer } from "./start-server.ts";

const never = async (): Promise<void> => {
  await new Promise(() => {});
};

test("/healthz answers while the server serves, to GET and HEAD", async () => {
  await using server = await startServer();
  const answer = await fetch(`${server.url}/healthz`);
  expect([answer.status, await answer.json()]).toEqual([200, { status: "ok" }]);
  expect((await fetch(`${server.url}/healthz`, { method: "HEAD" })).status).toBe(200);
});

test("/readyz is 200 once database and blobs answer", async () => {
  await using server = await startServer({
    ready: { database: async () => {}, blobs: async () => {} },
  });
  const answer = await fetch(`${server.url}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([
    200,
    { status: "ready", checks: { database: "ok", blobs: "ok" } },
  ]);
});

test("/readyz is 503 and says what is missing, but not what only the log may hold", async () => {
  await using server = await startServer({
    config: { limits: { readySeconds: 0.2 } },
    ready: {
      database: async () => {
        throw new GatewayError("storage_unavailable", "The database doesn't answer.");
      },
      blobs: async () => {
        throw new Error("connect ECONNREFUSED 10.1.2.3:9000");
      },
      slow: never,
      obedient: async (signal) => {
        await new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(new Error("aborted")));
        });
      },
    },
  });
  const answer = await fetch(`${server.url}/readyz`);
  expect([answer.status, await answer.json()]).toEqual([
    503,
    {
      status: "unavailable",
      checks: {
        database: "The database doesn't answer.",
        blobs: "failed; the log says why",
        slow: "no answer within 0.2 s",
        obedient: "no answer within 0.2 s",
      },
    },
  ]);
  expect(server.lines.join("")).toContain("ECONNREFUSED 10.1.2.3:9000");
  expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
});

test("/readyz comes back when its parts do", async () => {
  let broken = true;
  await using server = await startServer({
    ready: {
      database: async () => {
        if (broken) throw new Error("down");
      },
    },
  });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  broken = false;
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});

test("many probes at once are one check", async () => {
  let checks = 0;
  await using server = await startServer({
    ready: {
      database: async () => {
        checks += 1;
        await new Promise((resolve) => {
          setTimeout(resolve, 300);
        });
      },
    },
  });
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => fetch(`${server.url}/readyz`)),
  );
  expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
  expect(checks).toBeLessThan(20);
});

test("/metrics tells what was served, called, moved and reached, and what is waiting", async () => {
  await using server = await startServer({
    routes: (app) => {
      app.get("/files/:id", async () => ({}));
    },
    sources: {
      countBatches: async () => [{ provider: "openai", state: "in_progress", count: 3 }],
      queueAgeSeconds: async () => 12.5,
    },
  });
  const { telemetry } = server.metrics;
  const call = { provider: "openai", operation: "poll", seconds: 0.02 };
  telemetry.upstreamCall({ ...call, status: 200 });
  telemetry.upstreamCall({ ...call, status: null });
  telemetry.moved("in", { bytes: 1000, lines: 10 });
  telemetry.moved("out", { bytes: 5, lines: 1 });
  telemetry.batchState("openai", "completed");
  await fetch(`${server.url}/loud/files/one`);
  await fetch(`${server.url}/loud/files/two`);
  await fetch(`${server.url}/loud/nothing/here`);

  const answer = await fetch(`${server.url}/metrics`);
  const text = await answer.text();
  expect(answer.headers.get("content-type")).toContain("text/plain");
  const series = text.split("\n");
  expect(series).toEqual(
    expect.arrayContaining([
      'crossbatch_http_requests_total{method="GET",route="/loud/files/:id",status="200"} 2',
      'crossbatch_http_requests_total{method="GET",route="none",status="404"} 1',
      'crossbatch_http_request_seconds_count{method="GET",route="/loud/files/:id"} 2',
      'crossbatch_upstream_calls_total{provider="openai",operation="poll",status="200"} 1',
      'crossbatch_upstream_calls_total{provider="openai",operation="poll",status="none"} 1',
      'crossbatch_upstream_call_seconds_count{provider="openai",operation="poll"} 2',
      'crossbatch_bytes_total{direction="in"} 1000',
      'crossbatch_lines_total{direction="out"} 1',
      'crossbatch_batch_states_total{provider="openai",state="completed"} 1',
      'crossbatch_batches{provider="openai",state="in_progress"} 3',
      "crossbatch_queue_age_seconds 12.5",
    ]),
  );
  expect(text).toContain("process_resident_memory_bytes");
  expect(text).toContain("nodejs_eventloop_lag_seconds");
});

test("/metrics goes on without a source that fails", async () => {
  await using server = await startServer({
    sources: {
      countBatches: async () => {
        throw new Error("the database is away");
      },
      queueAgeSeconds: async () => {
        throw new Error("the queue is away");
      },
    },
  });
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toContain("process_cpu_seconds_total");
  expect(text).not.toMatch(/^crossbatch_(?:batches|queue_age_seconds)[ {]/m);
  expect(server.lines.join("")).toContain("the database is away");
});

test("two servers in one process count each for itself", async () => {
  await using first = await startServer();
  await using second = await startServer();
  first.metrics.telemetry.moved("in", { bytes: 7, lines: 1 });
  const text = await (await fetch(`${second.url}/metrics`)).text();
  expect(text).not.toContain('crossbatch_bytes_total{direction="in"}');
});
