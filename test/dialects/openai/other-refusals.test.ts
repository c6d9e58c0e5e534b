import { afterAll, beforeAll } from "vitest";
import { openaiDialect } from "../../../src/dialects/openai/openai.ts";
import { type DialectHost, startDialectHost } from "../../support/dialect-host.ts";
import { missing, type Refusal, testRefusals } from "../../support/openai-refusals.ts";

let host: DialectHost;

beforeAll(async () => {
  host = await startDialectHost([openaiDialect], {
    limits: { fileBytes: 10_000, uploadPartBytes: 5000, fieldBytes: 1024 },
  });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

const data = { name: "data", filename: "upload", type: "application/octet-stream", value: "1" };
const upload = {
  filename: "x.jsonl",
  purpose: "batch",
  bytes: 1,
  mime_type: "application/jsonl",
};

const UPLOADS: readonly Refusal[] = [
  {
    what: "no bytes",
    path: "/uploads",
    json: { ...upload, bytes: undefined },
    ...missing("bytes"),
  },
  {
    what: "a purpose that uploads don't have",
    path: "/uploads",
    json: { ...upload, purpose: "evals" },
    message:
      "Invalid value: 'evals'. Supported values are: 'assistants', 'batch', 'fine-tune', and 'vision'.",
    param: "purpose",
    code: "invalid_value",
  },
  {
    what: "half a byte",
    path: "/uploads",
    json: { ...upload, bytes: 1.5 },
    message: "Invalid type for 'bytes': expected an integer, but got a decimal number instead.",
    param: "bytes",
    code: "invalid_type",
  },
  {
    what: "9 GiB",
    path: "/uploads",
    json: { ...upload, bytes: 9 * 1024 ** 3 },
    message: `Invalid 'bytes': integer above maximum value. Expected a value <= ${8 * 1024 ** 3}, but got ${9 * 1024 ** 3} instead.`,
    param: "bytes",
    code: "integer_above_max_value",
  },
  { what: "a part without data", path: "/uploads/upload_1/parts", form: [], ...missing("data") },
  {
    what: "a part over the limit",
    path: "/uploads/upload_1/parts",
    form: [{ ...data, value: "x".repeat(5001) }],
    status: 413,
    message:
      "Invalid form: 'data' is larger than 5000 bytes; send one file as 'data', and text fields.",
    param: "data",
  },
  {
    what: "a part of an unknown upload",
    path: "/uploads/upload_1/parts",
    form: [data],
    status: 404,
    message: "No such Upload object: upload_1",
    param: "upload_id",
  },
  {
    what: "no parts",
    path: "/uploads/upload_1/complete",
    json: { part_ids: [] },
    message:
      "Invalid 'part_ids': array too short. Expected an array with minimum length 1, but got an array with length 0 instead.",
    param: "part_ids",
    code: "array_below_min_length",
  },
  {
    what: "a checksum that is none",
    path: "/uploads/upload_1/complete",
    json: { part_ids: ["part_1"], md5: "xyz" },
    message: "Invalid 'md5': it must be 32 hexadecimal digits.",
    param: "md5",
    code: "invalid_value",
  },
];

const LISTS: readonly Refusal[] = [
  ...[
    { path: "/files?limit=0", side: "below minimum", bound: ">= 1", given: "0" },
    { path: "/files?limit=10001", side: "above maximum", bound: "<= 10000", given: "10001" },
    { path: "/batches?limit=101", side: "above maximum", bound: "<= 100", given: "101" },
    { path: "/batches?limit=-1", side: "below minimum", bound: ">= 1", given: "-1" },
  ].map(({ path, side, bound, given }) => ({
    what: "a limit out of range",
    method: "GET" as const,
    path,
    message: `Invalid 'limit': integer ${side} value. Expected a value ${bound}, but got ${given} instead.`,
    param: "limit",
    code: side === "above maximum" ? "integer_above_max_value" : "integer_below_min_value",
  })),
  {
    what: "a limit that is no number",
    method: "GET",
    path: "/batches?limit=ten",
    message: "Invalid type for 'limit': expected an integer, but got a string instead.",
    param: "limit",
    code: "invalid_type",
  },
  {
    what: "an unknown order",
    method: "GET",
    path: "/files?order=random",
    message: "Invalid value: 'random'. Supported values are: 'asc' and 'desc'.",
    param: "order",
    code: "invalid_value",
  },
  {
    what: "a NUL in after",
    method: "GET",
    path: "/batches?after=a%00b",
    message: "Invalid 'after': it holds a NUL character.",
    param: "after",
    code: "invalid_value",
  },
  {
    what: "a limit given twice",
    method: "GET",
    path: "/files?limit=1&limit=2",
    message: "Invalid 'limit': it is given more than once.",
    param: "limit",
    code: "invalid_value",
  },
];

const UNKNOWN: readonly Refusal[] = [
  {
    what: "an unknown file",
    method: "GET",
    path: "/files/file-x",
    message: "No such File object: file-x",
    param: "id",
  },
  {
    what: "the content of one",
    method: "GET",
    path: "/files/file-x/content",
    message: "No such File object: file-x",
    param: "id",
  },
  {
    what: "deleting one",
    method: "DELETE",
    path: "/files/file-x",
    message: "No such File object: file-x",
    param: "id",
  },
  {
    what: "an unknown after",
    method: "GET",
    path: "/files?after=file-nope",
    message: "No object with id 'file-nope' to begin after.",
    param: "after",
  },
  {
    what: "an unknown batch",
    method: "GET",
    path: "/batches/b",
    message: "No batch found with id 'b'.",
  },
  { what: "cancelling one", path: "/batches/b/cancel", message: "No batch found with id 'b'." },
  {
    what: "a path for an id",
    method: "GET",
    path: "/files/..%2F..%2Fetc%2Fpasswd",
    message: "No such File object: ../../etc/passwd",
    param: "id",
  },
  {
    what: "a NUL in an id",
    method: "GET",
    path: "/batches/a%00b",
    message: "No batch found with id 'a\0b'.",
  },
  { what: "no id", method: "GET", path: "/files/", message: "Invalid URL (GET /openai/v1/files/)" },
  {
    what: "no id with content",
    method: "GET",
    path: "/files//content",
    message: "Invalid URL (GET /openai/v1/files//content)",
  },
  {
    what: "an unknown path",
    method: "GET",
    path: "/party",
    message: "Invalid URL (GET /openai/v1/party)",
  },
].map((refusal) => ({ ...refusal, status: 404 }));

testRefusals([...UPLOADS, ...LISTS, ...UNKNOWN], () => host);
