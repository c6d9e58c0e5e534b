import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { computeSignatureV4, parseSignatureV4 } from "../../src/lib/signature-v4.ts";

const captured = z.looseObject({
  m: z.string(),
  u: z.string(),
  h: z.array(z.tuple([z.string(), z.string()])),
  b: z.string(),
});

const captures = ["aws-sdk-js-3.jsonl", "boto3-1.43.107.jsonl"].flatMap((name) => {
  const path = new URL(`../fixtures/sdk-captures/${name}`, import.meta.url);
  return readFileSync(path, "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => ({ name, ...captured.parse(JSON.parse(line)) }));
});

describe("signature version 4", () => {
  test("there are captures of both SDKs to check", () => {
    expect(captures).toHaveLength(18);
  });

  test.each(captures)("recomputes what $name sent: $m $u", (capture) => {
    const headers = Object.fromEntries(
      capture.h.map(([name, value]) => [name.toLowerCase(), value]),
    );
    const [path = "", query = ""] = capture.u.split("?");
    const parsed = parseSignatureV4(headers["authorization"] ?? "");
    expect(parsed).not.toBeNull();
    if (parsed === null) return;
    const payloadHash =
      headers["x-amz-content-sha256"] ?? createHash("sha256").update(capture.b).digest("hex");
    const signature = computeSignatureV4({ method: capture.m, path, query, headers }, parsed, {
      secretAccessKey: "secret",
      payloadHash,
    });
    expect(signature).toBe(parsed.signature);
  });

  test("sorts parameters by name before value", () => {
    const request = { method: "GET", path: "/", query: "a-b=1&a=2", headers: {} };
    const scope = { date: "20261122", region: "r", service: "s3", signedHeaders: ["host"] };
    const secrets = { secretAccessKey: "secret", payloadHash: "x" };
    expect(computeSignatureV4(request, scope, secrets)).toBe(
      computeSignatureV4({ ...request, query: "a=2&a-b=1" }, scope, secrets),
    );
  });

  test.each([
    ["nothing", ""],
    ["another scheme", "Bearer abc"],
    ["no signed headers", "AWS4-HMAC-SHA256 Credential=A/20261122/r/s3/aws4_request, Signature=00"],
    [
      "a short signature",
      "AWS4-HMAC-SHA256 Credential=A/20261122/r/s3/aws4_request, SignedHeaders=host, Signature=00",
    ],
  ])("reads null from %s", (_, header) => {
    expect(parseSignatureV4(header)).toBeNull();
  });
});
