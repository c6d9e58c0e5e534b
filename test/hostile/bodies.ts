import { gzipSync } from "node:zlib";
import { ANN_KEY } from "../support/secrets.ts";
import { type DialectName, type HostileCase, OWN_FILE, PREFIX, rawRequest } from "./sending.ts";

const BATCHES: Readonly<Record<DialectName, string>> = {
  openai: "/batches",
  anthropic: "/messages/batches",
};

const GOOD: Readonly<Record<DialectName, object>> = {
  openai: {
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    input_file_id: OWN_FILE,
  },
  anthropic: {
    requests: [
      {
        custom_id: "a",
        params: { model: "m", max_tokens: 1, messages: [{ role: "user", content: "x" }] },
      },
    ],
  },
};

const deep = (open: string, close: string, times: number) =>
  open.repeat(times) + close.repeat(times);

/** JSON texts that are wrong by themselves, whatever they are sent to. */
const TEXTS: readonly (readonly [
  what: string,
  body: string | Buffer,
  ...headers: [string, string][],
])[] = [
  ["no body", ""],
  ["null", "null"],
  ["a number", "1"],
  ["a text", '"x"'],
  ["a list", "[]"],
  ["a list 200,000 deep", deep("[", "]", 200_000)],
  ["an object 200,000 deep", deep('{"a":', "}", 200_000).replace("}", "1}")],
  ["a list that never closes", "[".repeat(500_000)],
  ["200,000 keys", `{${Array.from({ length: 200_000 }, (_, at) => `"k${at}":1`).join(",")}}`],
  ["3,000,000 values", `{"a":[${"1,".repeat(3_000_000)}1]}`],
  ["a key of a megabyte", `{"${"k".repeat(1_000_000)}":1}`],
  ["a key __proto__", '{"__proto__":{"polluted":true}}'],
  ["keys constructor and prototype", '{"constructor":{"prototype":{"polluted":true}}}'],
  ["keys toString and hasOwnProperty", '{"toString":1,"hasOwnProperty":1,"valueOf":1}'],
  ["a key then", '{"then":"x"}'],
  ["a number beyond all numbers", '{"limit":1e999999}'],
  ["a number of a million digits", `{"limit":${"9".repeat(1_000_000)}}`],
  ["NaN", '{"limit":NaN}'],
  ["Infinity", '{"limit":-Infinity}'],
  ["half a surrogate pair", String.raw`{"a":"\ud800"}`],
  ["a NUL in a text", String.raw`{"input_file_id":"a\u0000b"}`],
  ["a NUL in a key", String.raw`{"a\u0000b":1}`],
  ["bytes that aren't UTF-8", Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ["UTF-16", Buffer.from('{"a":1}', "utf16le")],
  ["a byte order mark", '\ufeff{"a":1}'],
  ["a comment", '{"a":1/* x */}'],
  ["single quotes", "{'a':1}"],
  ["a comma too many", '{"a":1,}'],
  ["something behind its end", '{"a":1}{"b":2}'],
  ["an end within a text", '{"a":"x'],
  ["an end within an escape", String.raw`{"a":"\u00`],
  ["an end within a number", '{"a":1e'],
  ["control characters in a text", '{"a":"\u0001\u0002"}'],
  ["another content type", '{"a":1}', ["content-type", "application/xml"]],
  ["no content type", '{"a":1}', ["content-type", ""]],
  ["a charset nobody knows", '{"a":1}', ["content-type", "application/json; charset=utf-99"]],
  ["gzip", gzipSync(Buffer.alloc(50_000_000, 0x20)), ["content-encoding", "gzip"]],
  [
    "gzip over gzip",
    gzipSync(gzipSync(Buffer.alloc(10_000_000))),
    ["content-encoding", "gzip, gzip"],
  ],
  ["a form in the place of JSON", "a=1&b=2", ["content-type", "application/x-www-form-urlencoded"]],
];

const SECRET_PLACE = "http://169.254.169.254/latest/meta-data/";

/** Fields that might lead the gateway, or its credentials, somewhere else. */
const FIELDS: readonly (readonly [what: string, fields: object])[] = [
  ["a provider that is an address", { provider: SECRET_PLACE }],
  ["a provider __proto__", { provider: "__proto__" }],
  ["a provider constructor", { provider: "constructor" }],
  ["a provider that is a way up", { provider: "../openai" }],
  ["a model that is an address", { model: SECRET_PLACE }],
  ["a model of 100,000 letters", { model: "m".repeat(100_000) }],
  ["a base_url", { base_url: SECRET_PLACE }],
  ["an api_key", { api_key: "x" }],
  ["output at an address", { output_s3_uri: SECRET_PLACE }],
  ["output in a file", { output_s3_uri: "file:///etc/passwd" }],
  ["output with a way up", { output_s3_uri: "s3://your-s3-bucket/../other" }],
  ["output with an encoded way up", { output_s3_uri: "s3://your-s3-bucket/%2e%2e/other" }],
  ["output in another tenant's folder", { output_s3_uri: "s3://crossbatch-default/jobs/ben/out" }],
  ["output beside its own folder", { output_s3_uri: "s3://crossbatch-default/jobs/ann-other" }],
  ["output with a user", { output_s3_uri: "s3://user@your-s3-bucket/x" }],
  ["a bucket that is an address", { storage_config: { s3: { bucket: "169.254.169.254" } } }],
  ["a bucket with a slash", { storage_config: { s3: { bucket: "a/../b" } } }],
  ["an S3 endpoint", { storage_config: { s3: { bucket: "b-b", endpoint: SECRET_PLACE } } }],
  [
    "a region that is a host",
    { storage_config: { s3: { bucket: "b-b", region: "x.evil.test/" } } },
  ],
  ["a prefix with a way up", { storage_config: { s3: { bucket: "b-b", prefix: "../../x" } } }],
  [
    "storage under __proto__",
    { storage_config: JSON.parse('{"__proto__":{"s3":{"bucket":"b-b"}}}') },
  ],
  ["storage nested in storage", { storage_config: { storage_config: { s3: { bucket: "b-b" } } } }],
  ["metadata that isn't text", { metadata: { a: { b: 1 } } }],
  ["metadata of a megabyte", { metadata: { a: "x".repeat(1_000_000) } }],
  [
    "metadata with 10,000 pairs",
    { metadata: Object.fromEntries(Array.from({ length: 10_000 }, (_, at) => [`k${at}`, "v"])) },
  ],
  ["a window of a million years", { completion_window: "8760000000h" }],
  ["an endpoint that is an address", { endpoint: SECRET_PLACE }],
  ["an endpoint with a way up", { endpoint: "/v1/../admin" }],
  ["an input that is an address", { input_file_id: SECRET_PLACE }],
  ["an input that is a file", { input_file_id: "file:///etc/passwd" }],
  ["an input that is a way up", { input_file_id: "../../../etc/passwd" }],
  ["an input in another's folder", { input_file_id: "s3://crossbatch-default/jobs/ben/in.jsonl" }],
  ["an input that is a list", { input_file_id: ["file-a"] }],
  ["no requests", { requests: [] }],
  ["requests that are no list", { requests: { 0: "x", length: 1 } }],
  ["requests that are null", { requests: [null, null] }],
  ["requests that are numbers", { requests: [1, 2] }],
  ["a request with a key __proto__", { requests: [JSON.parse('{"__proto__":{"custom_id":"a"}}')] }],
  [
    "a custom id of 100,000 letters",
    { requests: [{ custom_id: "a".repeat(100_000), params: {} }] },
  ],
  ["a custom id with a line break", { requests: [{ custom_id: "a\n{}", params: {} }] }],
];

export const BODY_CASES: readonly HostileCase[] = (["openai", "anthropic"] as const).flatMap(
  (dialect) => {
    const path = PREFIX[dialect] + BATCHES[dialect];
    const texts = TEXTS.map(([what, body, ...headers]) => ({
      what: `JSON that is ${what}`,
      dialect,
      bytes: rawRequest(ANN_KEY, {
        path,
        headers: headers.some(([name]) => name === "content-type")
          ? headers
          : [["content-type", "application/json"], ...headers],
        body,
      }),
    }));
    const fields = FIELDS.map(([what, more]) => ({
      what: `a batch with ${what}`,
      dialect,
      bytes: rawRequest(ANN_KEY, {
        path,
        headers: [["content-type", "application/json"]],
        body: JSON.stringify({ ...GOOD[dialect], ...more }),
      }),
    }));
    return [...texts, ...fields];
  },
);
