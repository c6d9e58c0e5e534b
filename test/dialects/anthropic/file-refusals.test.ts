import { afterAll, beforeAll, expect, test } from "vitest";
import { GatewayError } from "../../../src/core/errors.ts";
import { anthropicDialect } from "../../../src/dialects/anthropic/anthropic.ts";
import { type Sent, send } from "../../support/anthropic-requests.ts";
import { type DialectHost, startDialectHost } from "../../support/dialect-host.ts";

let host: DialectHost;

beforeAll(async () => {
  host = await startDialectHost([anthropicDialect], {
    limits: { fileBytes: 10_000, fieldBytes: 1024 },
  });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

const file = { name: "file", filename: "a.txt", type: "text/plain", value: "hello" };
const lifetime = (value: string) => ({ name: "expires_in_seconds", value });

interface Refusal extends Omit<Sent, "path"> {
  readonly what: string;
  readonly message: string;
  readonly status?: number;
  readonly type?: string;
  readonly path?: string;
}

const REFUSALS: readonly Refusal[] = [
  { what: "no file", form: [], message: "file: Field required" },
  {
    what: "a file without a name",
    form: [{ ...file, filename: "" }],
    message: "file: String should have at least 1 character",
  },
  {
    what: "a name with a colon",
    form: [{ ...file, filename: "a:b.txt" }],
    message: 'file: Filename must not contain any of < > : " | ? * \\ /',
  },
  {
    what: "a name of 256 characters",
    form: [{ ...file, filename: "x".repeat(256) }],
    message: "file: String should have at most 255 characters",
  },
  {
    what: "a purpose, which Anthropic's files don't have",
    form: [file, { name: "purpose", value: "batch" }],
    message: "purpose: Extra inputs are not permitted",
  },
  {
    what: "a second file of another name",
    form: [file, { ...file, name: "other" }],
    message: "other: Extra inputs are not permitted",
  },
  {
    what: "a lifetime of a minute",
    form: [file, lifetime("60")],
    message: "expires_in_seconds: Input should be greater than or equal to 3600",
  },
  {
    what: "a lifetime of a year",
    form: [lifetime("31536000"), file],
    message: "expires_in_seconds: Input should be less than or equal to 7776000",
  },
  {
    what: "a lifetime that is a word",
    form: [lifetime("long"), file],
    message:
      "expires_in_seconds: Input should be a valid integer, unable to parse string as an integer",
  },
  {
    what: "brackets that don't match",
    form: [file, { name: "storage_config[s3", value: "b" }],
    message: "storage_config[s3: its brackets don't match; write a[b][c].",
  },
  {
    what: "a file that is too large",
    form: [{ ...file, value: "x".repeat(10_001) }],
    status: 413,
    type: "request_too_large",
    message: expect.stringContaining("is larger than 10000 bytes"),
  },
  {
    what: "JSON",
    json: {},
    message: expect.stringContaining("multipart/form-data"),
  },
  {
    what: "101 ids",
    method: "GET",
    path: `/v1/files?${Array.from({ length: 101 }, (_, index) => `ids[]=f${index}`).join("&")}`,
    message: "ids: List should have at most 100 items after validation, not 101",
  },
  {
    what: "the content of a file that there isn't",
    method: "GET",
    path: "/v1/files/file_x/content",
    status: 404,
    type: "not_found_error",
    message: "File not found: file_x",
  },
  {
    what: "a cursor that stands for nothing",
    method: "GET",
    path: "/v1/files?after_id=file_x",
    status: 404,
    type: "not_found_error",
    message: "after_id: Invalid cursor 'file_x'",
  },
  {
    what: "a page of a file that is gone",
    method: "GET",
    path: `/v1/files?page=page_${Buffer.from("file_x").toString("base64url")}`,
    status: 404,
    type: "not_found_error",
    message: "page: Invalid page token",
  },
  {
    what: "two names of providers in the query",
    method: "GET",
    path: "/v1/files?provider[]=a&provider[]=b",
    message: "provider: Input should be a valid string",
  },
];

test.each(REFUSALS)(
  "$what is refused in Anthropic's words, and nothing is left",
  async ({ status = 400, type = "invalid_request_error", message, path, ...sent }) => {
    const answer = await send(host.url, { path: path ?? "/v1/files", ...sent });
    expect(answer.body).toEqual({
      type: "error",
      error: { type, message },
      request_id: answer.headers["request-id"],
    });
    expect(answer.status).toBe(status);
    expect([host.gateway.contents.size, host.gateway.files.size]).toEqual([0, 0]);
  },
);

test("a file that the gateway refuses is not kept", async () => {
  host.gateway.failNext(
    new GatewayError("unknown_provider", "There is no provider 'x'.", { param: "provider" }),
  );
  const answer = await send(host.url, { path: "/v1/files?provider=x", form: [file] });
  expect(answer.status).toBe(400);
  expect(host.gateway.contents.size).toBe(0);
});
