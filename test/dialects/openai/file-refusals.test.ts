import { afterAll, beforeAll } from "vitest";
import { openaiDialect } from "../../../src/dialects/openai/openai.ts";
import { type DialectHost, startDialectHost } from "../../support/dialect-host.ts";
import { FORM_TYPE, multipartBody } from "../../support/multipart-body.ts";
import { missing, type Refusal, testRefusals, unknown } from "../../support/openai-refusals.ts";

let host: DialectHost;

beforeAll(async () => {
  host = await startDialectHost([openaiDialect], {
    limits: { fileBytes: 10_000, uploadPartBytes: 5000, fieldBytes: 1024 },
  });
});

afterAll(async () => {
  await host[Symbol.asyncDispose]();
});

const file = { name: "file", filename: "lines.jsonl", type: "application/jsonl", value: "{}\n" };
const purpose = { name: "purpose", value: "batch" };
const created = { name: "expires_after[anchor]", value: "created_at" };
const seconds = (value: string) => ({ name: "expires_after[seconds]", value });

const FILES: readonly Refusal[] = [
  { what: "no file", path: "/files", form: [purpose], ...missing("file") },
  { what: "no purpose", path: "/files", form: [file], ...missing("purpose") },
  {
    what: "an unknown purpose",
    path: "/files",
    form: [file, { name: "purpose", value: "party" }],
    message:
      "Invalid value: 'party'. Supported values are: 'assistants', 'batch', 'fine-tune', 'vision', 'user_data', and 'evals'.",
    param: "purpose",
    code: "invalid_value",
  },
  {
    what: "an unknown field",
    path: "/files",
    form: [file, purpose, { name: "flag", value: "1" }],
    ...unknown("flag"),
  },
  {
    what: "a file for another field",
    path: "/files",
    form: [purpose, { ...file, name: "image" }],
    ...unknown("image"),
  },
  {
    what: "two files",
    path: "/files",
    form: [purpose, file, file],
    message:
      "Invalid form: the form has more than one 'file'; send one file as 'file', and text fields.",
    param: "file",
  },
  {
    what: "a purpose given twice",
    path: "/files",
    form: [file, purpose, purpose],
    message: "Invalid 'purpose': it is given more than once.",
    param: "purpose",
    code: "invalid_value",
  },
  {
    what: "another ending than .jsonl for a batch",
    path: "/files",
    form: [{ ...file, filename: "lines.txt" }, purpose],
    message: "Invalid file format for Batch API. Must be .jsonl",
  },
  {
    what: "a file name of dots",
    path: "/files",
    form: [
      { ...file, filename: "../.." },
      { name: "purpose", value: "user_data" },
    ],
    message:
      "Invalid 'file': string too short. Expected a string with minimum length 1, but got a string with length 0 instead.",
    param: "file",
    code: "string_below_min_length",
  },
  {
    what: "a control character in the file name",
    path: "/files",
    form: [{ ...file, filename: "a\u0001.jsonl" }, purpose],
    message: "Invalid 'file': it must be UTF-8 without control characters.",
    param: "file",
    code: "invalid_value",
  },
  {
    what: "an expiry without its length",
    path: "/files",
    form: [file, purpose, created],
    ...missing("expires_after.seconds"),
  },
  {
    what: "an expiry that is too short",
    path: "/files",
    form: [file, purpose, created, seconds("3599")],
    message:
      "Invalid 'expires_after.seconds': integer below minimum value. Expected a value >= 3600, but got 3599 instead.",
    param: "expires_after.seconds",
    code: "integer_below_min_value",
  },
  {
    what: "an expiry that is too long",
    path: "/files",
    form: [file, purpose, created, seconds("2592001")],
    message:
      "Invalid 'expires_after.seconds': integer above maximum value. Expected a value <= 2592000, but got 2592001 instead.",
    param: "expires_after.seconds",
    code: "integer_above_max_value",
  },
  {
    what: "an expiry that is no number",
    path: "/files",
    form: [file, purpose, created, seconds("soon")],
    message:
      "Invalid type for 'expires_after.seconds': expected an integer, but got a string instead.",
    param: "expires_after.seconds",
    code: "invalid_type",
  },
  {
    what: "another anchor",
    path: "/files",
    form: [file, purpose, { name: "expires_after[anchor]", value: "now" }, seconds("3600")],
    message: "Invalid value: 'now'. Supported values are: 'created_at'.",
    param: "expires_after.anchor",
    code: "invalid_value",
  },
  {
    what: "a field nested too deep",
    path: "/files",
    form: [file, purpose, { name: "a[b][c][d][e][f]", value: "1" }],
    message: "Invalid 'a[b][c][d][e][f]': it is nested more than 5 levels deep.",
    param: "a[b][c][d][e][f]",
    code: "invalid_value",
  },
  {
    what: "a key __proto__",
    path: "/files",
    form: [file, purpose, { name: "storage_config[__proto__][x]", value: "1" }],
    message: "Invalid 'storage_config[__proto__][x]': '__proto__' can't be a key.",
    param: "storage_config[__proto__][x]",
    code: "invalid_value",
  },
  {
    what: "a key __proto__ in JSON in a field",
    path: "/files",
    form: [file, purpose, { name: "storage_config", value: '{"__proto__":{"x":1}}' }],
    ...missing("storage_config.s3"),
  },
  {
    what: "a storage without bucket",
    path: "/files",
    form: [file, purpose, { name: "storage_config[s3][region]", value: "us-west-2" }],
    ...missing("storage_config.s3.bucket"),
  },
  {
    what: "JSON in a field that is broken",
    path: "/files",
    form: [file, purpose, { name: "storage_config", value: '{"s3":' }],
    message: "Invalid type for 'storage_config': expected an object, but got a string instead.",
    param: "storage_config",
    code: "invalid_type",
  },
  {
    what: "JSON in a field nested 300 deep",
    path: "/files",
    form: [
      file,
      purpose,
      { name: "storage_config", value: `{"s3":${"[".repeat(300)}${"]".repeat(300)}}` },
    ],
    message: "Invalid type for 'storage_config.s3': expected an object, but got an array instead.",
    param: "storage_config.s3",
    code: "invalid_type",
  },
  {
    what: "a field that is not UTF-8",
    path: "/files",
    form: [file, { name: "purpose", value: Buffer.from([0x62, 0xff]) }],
    message:
      "Invalid form: 'purpose' is not valid UTF-8; send one file as 'file', and text fields.",
    param: "purpose",
  },
  {
    what: "a NUL byte in a field",
    path: "/files",
    form: [file, { name: "purpose", value: "bat\0ch" }],
    message: "Invalid form: 'purpose' holds a NUL byte; send one file as 'file', and text fields.",
    param: "purpose",
  },
  {
    what: "an over-long field",
    path: "/files",
    form: [file, { name: "purpose", value: "x".repeat(1025) }],
    status: 413,
    message:
      "Invalid form: 'purpose' is larger than 1024 bytes; send one file as 'file', and text fields.",
    param: "purpose",
  },
  {
    what: "a file over the limit",
    path: "/files",
    form: [purpose, { ...file, value: "x".repeat(10_001) }],
    status: 413,
    message:
      "Invalid form: 'file' is larger than 10000 bytes; send one file as 'file', and text fields.",
    param: "file",
  },
  {
    what: "JSON instead of a form",
    path: "/files",
    json: { purpose: "batch" },
    message:
      "Invalid form: the body must be multipart/form-data; send one file as 'file', and text fields.",
  },
  {
    what: "another content type",
    path: "/files",
    body: "a=b",
    headers: { "content-type": "application/x-www-form-urlencoded" },
    message:
      "Invalid form: the body must be multipart/form-data; send one file as 'file', and text fields.",
  },
  {
    what: "a truncated form",
    path: "/files",
    body: multipartBody([purpose, file]).subarray(0, -8),
    headers: { "content-type": FORM_TYPE },
    message:
      "Invalid form: the body is not well-formed multipart/form-data; send one file as 'file', and text fields.",
  },
  {
    what: "an empty form",
    path: "/files",
    body: "",
    headers: { "content-type": FORM_TYPE },
    ...missing("file"),
  },
];

testRefusals(FILES, () => host);
