import { afterAll, beforeAll } from "vitest";
import { openaiDialect } from "../../../src/dialects/openai/openai.ts";
import { type DialectHost, startDialectHost } from "../../support/dialect-host.ts";
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

const batch = {
  input_file_id: "file-1",
  endpoint: "/v1/chat/completions",
  completion_window: "24h",
};
const metadata = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, "v"]));

const BATCHES: readonly Refusal[] = [
  { what: "an empty body", path: "/batches", json: {}, ...missing("input_file_id") },
  {
    what: "no body at all",
    path: "/batches",
    body: "",
    headers: { "content-type": "application/json" },
    ...missing("input_file_id"),
  },
  {
    what: "a null input",
    path: "/batches",
    json: { ...batch, input_file_id: null },
    ...missing("input_file_id"),
  },
  {
    what: "an empty input",
    path: "/batches",
    json: { ...batch, input_file_id: "" },
    ...missing("input_file_id"),
  },
  { what: "no endpoint", path: "/batches", json: { input_file_id: "f" }, ...missing("endpoint") },
  {
    what: "an unknown endpoint",
    path: "/batches",
    json: { ...batch, endpoint: "/v1/party" },
    message:
      "Invalid value: '/v1/party'. Supported values are: '/v1/responses', '/v1/chat/completions', '/v1/embeddings', '/v1/completions', '/v1/moderations', '/v1/images/generations', '/v1/images/edits', and '/v1/videos'.",
    param: "endpoint",
    code: "invalid_value",
  },
  {
    what: "another window",
    path: "/batches",
    json: { ...batch, completion_window: "1h" },
    message: "Invalid value: '1h'. Supported values are: '24h'.",
    param: "completion_window",
    code: "invalid_value",
  },
  {
    what: "an unknown parameter",
    path: "/batches",
    json: { ...batch, speed: 1 },
    ...unknown("speed"),
  },
  {
    what: "17 pairs of metadata",
    path: "/batches",
    json: { ...batch, metadata: metadata(17) },
    message:
      "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead.",
    param: "metadata",
    code: "invalid_value",
  },
  {
    what: "a long key of metadata",
    path: "/batches",
    json: { ...batch, metadata: { ["k".repeat(65)]: "v" } },
    message:
      "Invalid 'metadata': key too long. Expected keys of at most 64 characters, but got one with 65 instead.",
    param: "metadata",
    code: "invalid_value",
  },
  {
    what: "a long value of metadata",
    path: "/batches",
    json: { ...batch, metadata: { k: "v".repeat(513) } },
    message:
      "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 513 instead.",
    param: "metadata.k",
    code: "string_above_max_length",
  },
  {
    what: "a number in metadata",
    path: "/batches",
    json: { ...batch, metadata: { k: 5 } },
    message: "Invalid type for 'metadata.k': expected a string, but got an integer instead.",
    param: "metadata.k",
    code: "invalid_type",
  },
  {
    what: "an expiry of the output that is too short",
    path: "/batches",
    json: { ...batch, output_expires_after: { anchor: "created_at", seconds: 1 } },
    message:
      "Invalid 'output_expires_after.seconds': integer below minimum value. Expected a value >= 3600, but got 1 instead.",
    param: "output_expires_after.seconds",
    code: "integer_below_min_value",
  },
  {
    what: "no requests",
    path: "/batches",
    json: { ...batch, input_file_id: "", requests: [] },
    message:
      "Invalid 'requests': empty array. Expected an array with minimum length 1, but got an empty array instead.",
    param: "requests",
    code: "invalid_value",
  },
  {
    what: "requests that are text",
    path: "/batches",
    json: { ...batch, input_file_id: null, requests: "all" },
    message: "Invalid 'requests': expected an array of requests.",
    param: "requests",
    code: "invalid_value",
  },
  {
    what: "a request that is no object",
    path: "/batches",
    json: { ...batch, input_file_id: "", requests: [{}, 7] },
    message: "Invalid 'requests[1]': expected an object.",
    param: "requests[1]",
    code: "invalid_value",
  },
  {
    what: "a NUL in an id",
    path: "/batches",
    json: { ...batch, input_file_id: "file\0" },
    message: "Invalid 'input_file_id': it holds a NUL character.",
    param: "input_file_id",
    code: "invalid_value",
  },
  {
    what: "a list as the body",
    path: "/batches",
    json: [batch],
    message: "Invalid type for the request body: expected an object.",
    code: "invalid_type",
  },
  {
    what: "a key __proto__",
    path: "/batches",
    body: '{"__proto__":{"x":1}}',
    headers: { "content-type": "application/json" },
    message: "The JSON body of the request must not have the key __proto__.",
  },
  {
    what: "an unknown parameter of a cancel",
    path: "/batches/batch_1/cancel",
    json: { reason: "bored" },
    ...unknown("reason"),
  },
];

testRefusals(BATCHES, () => host);
