import { connect } from "node:net";
import { toFile } from "openai";
import { request } from "undici";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Fault } from "../../src/emulators/faults.ts";
import { chatLine, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import type { RunningGateway } from "../support/gateway.ts";
import { type BodyPart, FORM_TYPE, multipartBody } from "../support/multipart-body.ts";
import { specProblem } from "../support/specs.ts";
import { bytesOf } from "../support/sdk-captures.ts";
import { blobsOf } from "../support/stored.ts";

/** Nothing of this may take longer: a hang is as bad as a crash. */
const PATIENCE_MILLISECONDS = 20_000;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

interface BadRequest extends Sent {
  readonly what: string;
  readonly status: number;
  readonly error: {
    readonly message?: string;
    readonly param?: string | null;
    readonly code?: string | null;
  };
}

const file = {
  name: "file",
  filename: "lines.jsonl",
  type: "application/jsonl",
  value: chatLine("a"),
};
const purpose = { name: "purpose", value: "batch" };
const provider = (value: string) => ({ name: "provider", value });

function form(parts: readonly BodyPart[]): Sent {
  return {
    method: "POST",
    path: "/files",
    headers: { "content-type": FORM_TYPE },
    body: multipartBody(parts),
  };
}

function json(path: string, body: unknown): Sent {
  return {
    method: "POST",
    path,
    headers: { "content-type": "application/json" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

const get = (path: string): Sent => ({ method: "GET", path });
const create = {
  input_file_id: "file-x",
  endpoint: "/v1/chat/completions",
  completion_window: "24h",
};
const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const missing = (param: string) => ({
  message: `Missing required parameter: '${param}'.`,
  param,
  code: "missing_required_parameter",
});

const BAD_REQUESTS: readonly BadRequest[] = [
  { what: "no file", ...form([purpose]), status: 400, error: missing("file") },
  { what: "no purpose", ...form([file]), status: 400, error: missing("purpose") },
  {
    what: "an unknown purpose",
    ...form([file, { name: "purpose", value: "party" }]),
    status: 400,
    error: { param: "purpose", code: "invalid_value" },
  },
  { what: "two files", ...form([file, purpose, file]), status: 400, error: { param: "file" } },
  {
    what: "a truncated form",
    ...form([file, purpose]),
    body: multipartBody([purpose, file]).subarray(0, -30),
    status: 400,
    error: { param: null },
  },
  {
    what: "another content type",
    ...form([file, purpose]),
    headers: { "content-type": "text/plain" },
    status: 400,
    error: {},
  },
  {
    what: "an over-long field",
    ...form([file, { name: "purpose", value: "x".repeat(2_000_000) }]),
    status: 413,
    error: { param: "purpose" },
  },
  {
    what: "a field that isn't UTF-8",
    ...form([file, { name: "purpose", value: Buffer.from([0xc3, 0x28]) }]),
    status: 400,
    error: { param: "purpose" },
  },
  {
    what: "a NUL byte in a field",
    ...form([file, { name: "purpose", value: "batch\0" }]),
    status: 400,
    error: { param: "purpose" },
  },
  {
    what: "an unknown provider for a file",
    ...form([file, purpose, provider("nobody")]),
    status: 400,
    error: { param: "provider", code: "invalid_value" },
  },
  {
    what: "two providers for a file",
    ...form([file, purpose, provider("openai")]),
    path: "/files?provider=anthropic",
    status: 400,
    error: { param: "provider", code: "invalid_value" },
  },
  {
    what: "a name that doesn't end in .jsonl",
    ...form([{ ...file, filename: "lines.csv" }, purpose]),
    status: 400,
    error: {
      message: "Invalid file format for Batch API. Must be .jsonl",
      param: null,
      code: null,
    },
  },
  {
    what: "a name that is only a way up",
    ...form([{ ...file, filename: "../.." }, purpose]),
    status: 400,
    error: { param: "file", code: "string_below_min_length" },
  },
  {
    what: "a form with a key __proto__",
    ...form([file, purpose, { name: "__proto__[x]", value: "1" }]),
    status: 400,
    error: { param: "__proto__[x]", code: "invalid_value" },
  },
  {
    what: "a field nested 100,000 deep",
    ...form([file, purpose, { name: "storage_config", value: `{"s3":${deep}}` }]),
    status: 400,
    error: { param: "storage_config.s3", code: "invalid_type" },
  },
  {
    what: "a query with a key __proto__",
    ...get("/files?__proto__[x]=1"),
    status: 400,
    error: { param: "__proto__[x]", code: "invalid_value" },
  },
  {
    what: "an unknown endpoint",
    ...json("/batches", { ...create, endpoint: "/v1/party" }),
    status: 400,
    error: { param: "endpoint", code: "invalid_value" },
  },
  {
    what: "no input",
    ...json("/batches", { ...create, input_file_id: undefined }),
    status: 400,
    error: missing("input_file_id"),
  },
  {
    what: "an unknown provider for a batch",
    ...json("/batches", { ...create, provider: "nobody" }),
    status: 400,
    error: { param: "provider", code: "invalid_value" },
  },
  {
    what: "two providers for a batch",
    ...json("/batches?provider=gemini", { ...create, provider: "openai" }),
    status: 400,
    error: { param: "provider", code: "invalid_value" },
  },
  { what: "broken JSON", ...json("/batches", '{"endpoint":'), status: 400, error: {} },
  {
    what: "JSON nested 100,000 deep",
    ...json("/batches", `{"input_file_id":${deep}}`),
    status: 400,
    error: {},
  },
  {
    what: "JSON with a key __proto__",
    ...json("/batches", '{"metadata":{"__proto__":{"x":1}}}'),
    status: 400,
    error: {},
  },
  {
    what: "a file limit out of range",
    ...get("/files?limit=10001"),
    status: 400,
    error: { param: "limit", code: "integer_above_max_value" },
  },
  {
    what: "a batch limit out of range",
    ...get("/batches?limit=0"),
    status: 400,
    error: { param: "limit", code: "integer_below_min_value" },
  },
  {
    what: "an unknown after of files",
    ...get("/files?after=file-nope"),
    status: 404,
    error: { param: "after", code: null },
  },
  {
    what: "an unknown after of batches",
    ...get("/batches?after=batch_nope"),
    status: 404,
    error: { param: "after", code: null },
  },
  {
    what: "an unknown file",
    ...get("/files/file-nope"),
    status: 404,
    error: { message: "No such File object: file-nope", param: "id", code: null },
  },
  {
    what: "the content of an unknown file",
    ...get("/files/file-nope/content"),
    status: 404,
    error: { message: "No such File object: file-nope", param: "id", code: null },
  },
  {
    what: "deleting an unknown file",
    method: "DELETE",
    path: "/files/file-nope",
    status: 404,
    error: { message: "No such File object: file-nope", param: "id", code: null },
  },
  {
    what: "an unknown batch",
    ...get("/batches/batch_nope"),
    status: 404,
    error: { message: "No batch found with id 'batch_nope'.", param: null, code: null },
  },
  {
    what: "cancelling an unknown batch",
    ...json("/batches/batch_nope/cancel", ""),
    status: 404,
    error: { message: "No batch found with id 'batch_nope'.", param: null, code: null },
  },
  {
    what: "a path for an id",
    ...get("/files/..%2F..%2Fetc%2Fpasswd/content"),
    status: 404,
    error: { param: "id" },
  },
  { what: "an id that isn't UTF-8", ...get("/files/%C3%28"), status: 400, error: {} },
  { what: "a NUL byte in an id", ...get("/batches/batch_%00"), status: 404, error: {} },
  {
    what: "a NUL byte in an input id",
    ...json("/batches", { ...create, input_file_id: "file-\0" }),
    status: 400,
    error: { param: "input_file_id", code: "invalid_value" },
  },
  { what: "an empty id", ...get("/files/"), status: 404, error: {} },
];

interface BadLines {
  readonly what: string;
  readonly lines: string | Buffer;
  readonly code: string;
  readonly param: string | null;
  readonly line: number | null;
}

/** The one wording that is known from the live API. */
const MESSAGES: Readonly<Record<string, RegExp>> = {
  invalid_json_line: /^This line is not parseable as valid JSON\.$/,
};

const good = chatLine("good");
const notUtf8 = Buffer.concat([
  Buffer.from(`${good}\n${chatLine("bad").slice(0, -4)}`),
  Buffer.from([0xff, 0xfe]),
  Buffer.from('"}]}}\n'),
]);

const BAD_LINES: readonly BadLines[] = [
  { what: "nothing at all", lines: "", code: "empty_file", param: null, line: null },
  {
    what: "a line that isn't JSON",
    lines: `${good}\nhello\n`,
    code: "invalid_json_line",
    param: null,
    line: 2,
  },
  {
    what: "a line that isn't UTF-8",
    lines: notUtf8,
    code: "invalid_json_line",
    param: null,
    line: 2,
  },
  {
    what: "a NUL byte in a line",
    lines: `${good}\n${chatLine("b").replace("user", "us\0er")}\n`,
    code: "invalid_json_line",
    param: null,
    line: 2,
  },
  {
    what: "a line without custom_id",
    lines: `${good}\n${chatLine("b").replace('"custom_id":"b",', "")}\n`,
    code: "missing_required_parameter",
    param: "custom_id",
    line: 2,
  },
  {
    what: "a custom_id twice",
    lines: `${good}\n${chatLine("b")}\n${good}\n`,
    code: "duplicate_custom_id",
    param: "custom_id",
    line: 3,
  },
  {
    what: "another URL than the batch's",
    lines: `${good}\n${chatLine("b").replace("/v1/chat/completions", "/v1/embeddings")}\n`,
    code: "invalid_url",
    param: "url",
    line: 2,
  },
  {
    what: "an unknown model",
    lines: chatLine("a", { model: "gpt-nope" }),
    code: "model_not_found",
    param: "body.model",
    line: 1,
  },
  {
    what: "a line without model",
    lines: chatLine("a", { model: undefined }),
    code: "invalid_request",
    param: "body.model",
    line: 1,
  },
  {
    what: "a line that streams",
    lines: `${good}\n${chatLine("b", { stream: true })}\n`,
    code: "streaming_unsupported",
    param: "body.stream",
    line: 2,
  },
];

const FAULTS: readonly { what: string; fault: Fault; status: number; headers?: object }[] = [
  { what: "401", fault: { kind: "status", status: 401 }, status: 401 },
  { what: "403", fault: { kind: "status", status: 403 }, status: 403 },
  { what: "404", fault: { kind: "status", status: 404 }, status: 404 },
  {
    what: "409",
    fault: { kind: "status", status: 409 },
    status: 409,
    headers: { "x-should-retry": "false" },
  },
  {
    what: "429",
    fault: { kind: "status", status: 429, retryAfterSeconds: 7200, times: 9 },
    status: 429,
    headers: { "retry-after": "60" },
  },
  { what: "500", fault: { kind: "status", status: 500, times: 9 }, status: 502 },
  { what: "503", fault: { kind: "status", status: 503, times: 9 }, status: 502 },
  { what: "a timeout of its own", fault: { kind: "status", status: 408, times: 9 }, status: 504 },
  { what: "a reset", fault: { kind: "reset", times: 9 }, status: 502 },
  {
    what: "a reset after half the file",
    fault: { kind: "reset", afterBytes: 20, times: 9 },
    status: 502,
  },
];

/**
 * What clients and upstreams can do wrong, against a running gateway: each is refused in OpenAI's shape, or its batch fails with
 * exactly the error that OpenAI gives; in time, with nothing left behind, and the gateway serves on.
 */
export function describeBadInput(startGateway: () => Promise<RunningGateway>): void {
  describe("bad input", () => {
    let gateway: RunningGateway;

    beforeAll(async () => {
      gateway = await startGateway();
    });
    afterAll(() => gateway.close());

    async function send({ method, path, headers = {}, body }: Sent) {
      const answer = await request(`${gateway.url}/v1${path}`, {
        method,
        headers: { authorization: "Bearer dummy", ...headers },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(PATIENCE_MILLISECONDS),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, text };
    }

    /** What there is, here and upstream, in rows and in bytes. */
    async function inventory() {
      const ids = async (path: string) =>
        JSON.parse((await send(get(path))).text).data.map(({ id }: { id: string }) => id);
      return {
        health: (await request(`${gateway.url}/readyz`)).statusCode,
        files: await ids("/files"),
        batches: await ids("/batches?limit=100"),
        upstream: gateway.emulator.control.files().map(({ id }) => id),
        blobs: await blobsOf(gateway.dataDir),
      };
    }

    test.each(BAD_REQUESTS)(
      "$what: $method is refused with $status, and nothing is left",
      async ({ status, error, ...sent }) => {
        const before = await inventory();
        const answer = await send(sent);
        const body: unknown = JSON.parse(answer.text);
        expect(specProblem("openai", "ErrorResponse", body)).toBeNull();
        expect(body).toEqual({
          error: {
            message: expect.stringMatching(/.{10}/),
            type: "invalid_request_error",
            param: null,
            code: null,
            ...error,
          },
        });
        expect(answer.status).toBe(status);
        expect(await inventory()).toEqual(before);
      },
      PATIENCE_MILLISECONDS,
    );

    test.each(BAD_LINES)(
      "$what: the file is taken, and its batch fails with $code",
      async ({ lines, code, param, line }) => {
        const client = gateway.openai();
        const uploaded = await client.files.create({
          file: await toFile(Buffer.from(lines), "input.jsonl"),
          purpose: "batch",
        });
        const batch = await createBatch(client, uploaded.id);
        const ended = await waitForEnd(client, batch.id);
        expect(ended).toMatchObject({
          status: "failed",
          output_file_id: null,
          error_file_id: null,
          request_counts: { total: 0, completed: 0, failed: 0 },
        });
        expect(ended.errors).toEqual({
          object: "list",
          data: [{ code, message: expect.stringMatching(MESSAGES[code] ?? /.{10}/), param, line }],
        });
        expect(ended.failed_at).toEqual(expect.any(Number));
        expect((await inventory()).health).toBe(200);
      },
      PATIENCE_MILLISECONDS,
    );

    test.each([
      { what: "an input file that doesn't exist", input: "file-doesnotexist1" },
      { what: "an input file for something else", input: null },
    ])("$what fails the batch, not the create", async ({ input }) => {
      const client = gateway.openai();
      const other = await client.files.create({
        file: new File(["x"], "x.txt"),
        purpose: "user_data",
      });
      const batch = await createBatch(client, input ?? other.id);
      const ended = await waitForEnd(client, batch.id);
      expect(ended.status).toBe("failed");
      expect(ended.errors?.data).toEqual([
        { code: "invalid_request", message: expect.any(String), param: "file_id", line: null },
      ]);
    });

    test.each([
      {
        what: "nested 100,000 deep",
        body: chatLine("deep").replace('"messages":[', `"x":${deep},"messages":[`),
      },
      {
        what: "with a key __proto__",
        body: chatLine("p").replace('"messages":[', '"__proto__":{"x":1},"messages":['),
      },
    ])(
      "a line $what ends its batch, and harms no one else",
      async ({ body }) => {
        const client = gateway.openai();
        const uploaded = await uploadLines(client, `${good}\n${body}\n`);
        const batch = await createBatch(client, uploaded.id);
        expect((await waitForEnd(client, batch.id)).status).toMatch(/^(?:completed|failed)$/);
        const text = await (await client.files.content(uploaded.id)).text();
        expect(text).toBe(`${good}\n${body}\n`);
        expect((await inventory()).health).toBe(200);
      },
      PATIENCE_MILLISECONDS,
    );

    test.each(FAULTS)(
      "$what upstream refuses the file with $status, and nothing is left",
      async ({ fault, status, headers = {} }) => {
        const before = await inventory();
        gateway.emulator.control.inject({ ...fault, method: "POST", path: "/files$" });
        const answer = await send(form([file, purpose]));
        gateway.emulator.control.clearFaults();
        expect([answer.status, answer.text]).toEqual([status, expect.any(String)]);
        expect(answer.headers).toMatchObject(headers);
        expect(specProblem("openai", "ErrorResponse", JSON.parse(answer.text))).toBeNull();
        expect(await inventory()).toEqual(before);
      },
      PATIENCE_MILLISECONDS,
    );

    test("a client that leaves in the middle of its file leaves nothing", async () => {
      const before = await inventory();
      const sent = bytesOf({
        method: "POST",
        url: "/v1/files",
        headers: [
          ["host", "gateway"],
          ["content-type", FORM_TYPE],
          ["content-length", "900000"],
        ],
        body: multipartBody([purpose, { ...file, value: "x".repeat(100_000) }]).subarray(0, 90_000),
      });
      const { port, hostname } = new URL(gateway.url);
      const socket = connect(Number(port), hostname);
      socket.write(sent);
      await expect.poll(() => blobsOf(gateway.dataDir)).not.toEqual(before.blobs);
      socket.destroy();
      await expect.poll(inventory).toEqual(before);
    });

    test("none of it was an error of the gateway's own", () => {
      expect(gateway.log.text()).not.toContain('"code":"internal"');
    });
  });
}
