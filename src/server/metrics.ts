import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Log, Telemetry } from "../core/telemetry.ts";

/** Asked when the metrics are read. */
export interface MetricsSources {
  countBatches(): Promise<
    readonly { readonly provider: string; readonly state: string; readonly count: number }[]
  >;
  countUncertainParts(): Promise<readonly { readonly provider: string; readonly count: number }[]>;
  queueAgeSeconds(): Promise<number>;
}

interface ServedRequest {
  readonly method: string;
  /** The pattern, not the path: there are few of them. */
  readonly route: string;
  readonly status: number;
  readonly seconds: number;
}

export interface Metrics {
  readonly telemetry: Telemetry;
  served(request: ServedRequest): void;
  /** The series in Prometheus' text format. A source that fails is left out, and logged. */
  read(): Promise<{ readonly contentType: string; readonly text: string }>;
}

const REQUEST_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600];

export function createMetrics(sources: MetricsSources, log: Log): Metrics {
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  const requests = new Counter({
    name: "crossbatch_http_requests_total",
    help: "Requests of clients.",
    labelNames: ["method", "route", "status"],
    registers,
  });
  const requestSeconds = new Histogram({
    name: "crossbatch_http_request_seconds",
    help: "From the headers of a request to the end of its answer.",
    labelNames: ["method", "route"],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const calls = new Counter({
    name: "crossbatch_upstream_calls_total",
    help: "Calls to providers; status none: no answer came.",
    labelNames: ["provider", "operation", "status"],
    registers,
  });
  const callSeconds = new Histogram({
    name: "crossbatch_upstream_call_seconds",
    help: "How long calls to providers took.",
    labelNames: ["provider", "operation"],
    buckets: REQUEST_SECONDS,
    registers,
  });
  const transitions = new Counter({
    name: "crossbatch_batch_states_total",
    help: "How often a batch reached a state.",
    labelNames: ["provider", "state"],
    registers,
  });
  const bytes = new Counter({
    name: "crossbatch_bytes_total",
    help: "Bytes of files taken from clients (in) and handed to them (out).",
    labelNames: ["direction"],
    registers,
  });
  const lines = new Counter({
    name: "crossbatch_lines_total",
    help: "Lines of files taken from clients (in) and handed to them (out).",
    labelNames: ["direction"],
    registers,
  });
  const batches = new Gauge({
    name: "crossbatch_batches",
    help: "Batches there are, by provider and state.",
    labelNames: ["provider", "state"],
    registers,
  });
  const uncertain = new Gauge({
    name: "crossbatch_parts_uncertain",
    help: "Parts of batches of which nobody can tell whether their provider has them; an operator can resolve them.",
    labelNames: ["provider"],
    registers,
  });
  const queueAge = new Gauge({
    name: "crossbatch_queue_age_seconds",
    help: "How late the oldest due background work is.",
    registers,
  });

  async function readSources(): Promise<void> {
    const counts = await readOrNull("batches", () => sources.countBatches());
    batches.reset();
    for (const { provider, state, count } of counts ?? []) batches.set({ provider, state }, count);
    const unsure = await readOrNull("uncertain parts", () => sources.countUncertainParts());
    uncertain.reset();
    for (const { provider, count } of unsure ?? []) uncertain.set({ provider }, count);
    const age = await readOrNull("queue age", () => sources.queueAgeSeconds());
    if (age === null) queueAge.remove();
    else queueAge.set(age);
  }

  async function readOrNull<Value>(
    source: string,
    read: () => Promise<Value>,
  ): Promise<Value | null> {
    try {
      return await read();
    } catch (error) {
      log.warn({ source, error }, "a source of the metrics could not be read");
      return null;
    }
  }

  return {
    telemetry: {
      upstreamCall({ provider, operation, status, seconds }) {
        calls.inc({ provider, operation, status: status ?? "none" });
        callSeconds.observe({ provider, operation }, seconds);
      },
      moved(direction, amount) {
        bytes.inc({ direction }, amount.bytes);
        lines.inc({ direction }, amount.lines);
      },
      batchState: (provider, state) => transitions.inc({ provider, state }),
    },
    served({ method, route, status, seconds }) {
      requests.inc({ method, route, status });
      requestSeconds.observe({ method, route }, seconds);
    },
    async read() {
      await readSources();
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}
