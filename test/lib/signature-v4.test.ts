import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { computeSignatureV4, parseSignatureV4 } from "../../src/lib/signature-v4.ts";
import { readCaptures } from "../support/sdk-captures.ts";

const captures = ["aws-sdk-js-3", "boto3-1.43.107"].flatMap((name) =>
  readCaptures(name).map((capture) => ({ name, ...capture })),
);

describe("signature version 4", () => {
  test("there are captures of both SDKs to check", () => {
    expect(captures).toHaveLength(18);
  });

  test.each(captures)("recomputes what $name sent: $method $url", (capture) => {
    const headers = Object.fromEntries(
      capture.headers.map(([name, value]) => [name.toLowerCase(), value]),
    );
    const [path = "", query = ""] = capture.url.split("?");
    const parsed = parseSignatureV4(headers["authorization"] ?? "");
    expect(parsed).not.toBeNull();
    if (parsed === null) return;
    const payloadHash =
      headers["x-amz-content-sha256"] ?? createHash("sha256").update(capture.body).digest("hex");
    const signature = computeSignatureV4({ method: capture.method, path, query, headers }, parsed, {
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
