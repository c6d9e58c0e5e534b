import { describe, expect, test } from "vitest";
import { createGeminiProvider } from "../../../src/providers/gemini/gemini.ts";
import { access, createDeps, failure, never, sendJson, type TestDeps } from "../http-host.ts";
import { startGeminiHost } from "./request-check.ts";

function jobsOf(deps: TestDeps, baseUrl: string) {
  const options = { name: "gemini", apiKey: null, passThrough: true, baseUrl };
  const { jobs } = createGeminiProvider(options, deps).connect(access(), {});
  if (jobs === undefined) throw new Error("the provider has no jobs");
  return jobs;
}

const info = (reason: string) => ({
  "@type": "type.googleapis.com/google.rpc.ErrorInfo",
  reason,
  domain: "googleapis.com",
});
const wait = (retryDelay: string) => ({
  "@type": "type.googleapis.com/google.rpc.RetryInfo",
  retryDelay,
});

describe("an error", () => {
  test.each([
    {
      what: "an invalid key",
      status: 400,
      error: {
        status: "INVALID_ARGUMENT",
        message: "Bad key.",
        details: [info("API_KEY_INVALID")],
      },
      code: "upstream_unauthorized",
      details: { reason: "API_KEY_INVALID", upstreamStatus: 400, notSent: true },
    },
    {
      what: "credentials that are no key",
      status: 401,
      error: { status: "UNAUTHENTICATED", message: "No." },
      code: "upstream_unauthorized",
      details: { upstreamType: "UNAUTHENTICATED" },
    },
    {
      what: "no key",
      status: 403,
      error: {
        status: "PERMISSION_DENIED",
        message: "Method doesn't allow unregistered callers (…).",
      },
      code: "upstream_unauthorized",
      details: { upstreamStatus: 403 },
    },
    {
      what: "an API that is switched off",
      status: 403,
      error: { status: "PERMISSION_DENIED", message: "Off.", details: [info("SERVICE_DISABLED")] },
      code: "upstream_forbidden",
      details: { reason: "SERVICE_DISABLED" },
    },
    {
      what: "a bad argument",
      status: 400,
      error: { status: "INVALID_ARGUMENT", message: "Bad.", details: "none" },
      code: "upstream_rejected",
      details: { upstreamType: "INVALID_ARGUMENT" },
    },
  ])("about $what is $code", async ({ status, error, code, details }) => {
    await using deps = createDeps();
    await using host = await startGeminiHost(
      sendJson({ error: { code: status, ...error } }, status),
    );
    const thrown = await failure(jobsOf(deps, host.url).retrieve("batches/1", never));
    expect(thrown.code).toBe(code);
    expect(thrown.message).toContain(error.message);
    expect(thrown.details).toMatchObject(details);
  });

  test("of a configured key that is invalid says whose key it is", async () => {
    await using deps = createDeps();
    const error = { status: "INVALID_ARGUMENT", message: "x", details: [info("API_KEY_INVALID")] };
    await using host = await startGeminiHost(sendJson({ error }, 400));
    const thrown = await failure(jobsOf(deps, host.url).retrieve("batches/1", never));
    expect(thrown.message).toContain("gemini refused the key that is configured for it");
  });
});

describe("how long to wait", () => {
  test.each([
    { headers: {}, details: [info("RATE_LIMIT_EXCEEDED"), wait("36s")], seconds: 36 },
    { headers: {}, details: [wait("36.5s")], seconds: 36.5 },
    { headers: { "retry-after": "40" }, details: [wait("36s")], seconds: 40 },
    { headers: {}, details: [wait("soon")], seconds: undefined },
    { headers: {}, details: null, seconds: undefined },
  ])("is $seconds with $headers and $details", async ({ headers, details, seconds }) => {
    await using deps = createDeps({ retry: { attempts: 1 } });
    const error = { code: 429, status: "RESOURCE_EXHAUSTED", message: "Slower.", details };
    await using host = await startGeminiHost(sendJson({ error }, 429, headers));
    const thrown = await failure(jobsOf(deps, host.url).retrieve("batches/1", never));
    expect(thrown.code).toBe("upstream_rate_limited");
    expect(thrown.details.retryAfterSeconds).toBe(seconds);
  });
});
