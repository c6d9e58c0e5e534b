import { ANN_KEY } from "../support/secrets.ts";
import { type DialectName, type HostileCase, PREFIX, rawRequest } from "./sending.ts";

const BOUNDARY = "xYzBoundary";
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;
const LINE = '{"custom_id":"a"}';

function part(disposition: string, value: string, more = ""): string {
  return `--${BOUNDARY}\r\nContent-Disposition: ${disposition}\r\n${more}\r\n${value}\r\n`;
}

const END = `--${BOUNDARY}--\r\n`;
const purpose = part('form-data; name="purpose"', "batch");
const file = part('form-data; name="file"; filename="a.jsonl"', LINE);
const whole = purpose + file + END;
const named = (filename: string) =>
  purpose + part(`form-data; name="file"; filename="${filename}"`, LINE) + END;
const field = (name: string, value = "1") =>
  purpose + part(`form-data; name="${name}"`, value) + file + END;

/** What is wrong with a form: its body, and its content type where that is what is wrong. */
const FORMS: readonly (readonly [what: string, body: string | Buffer, type?: string])[] = [
  ["no boundary", whole, "multipart/form-data"],
  ["an empty boundary", whole, "multipart/form-data; boundary="],
  ["a boundary of 10,000 letters", whole, `multipart/form-data; boundary=${"b".repeat(10_000)}`],
  ["another boundary than it says", whole, "multipart/form-data; boundary=other"],
  ["two boundaries", whole, `${TYPE}; boundary=other`],
  ["a boundary with a line break in quotes", whole, 'multipart/form-data; boundary="x\\r\\ny"'],
  ["another kind of multipart", whole, `multipart/mixed; boundary=${BOUNDARY}`],
  ["a charset nobody knows", whole, `${TYPE}; charset=utf-99`],
  ["no body", ""],
  ["nothing but its end", END],
  ["nothing but the beginning of a boundary", "--xYz"],
  ["no end", purpose + file],
  ["an end within a header", purpose + `--${BOUNDARY}\r\nContent-Dispo`],
  ["an end within a boundary", (purpose + file).slice(0, -4)],
  ["a part without headers", `--${BOUNDARY}\r\n\r\nx\r\n${END}`],
  ["a part without a name", part("form-data", "x") + END],
  ["a part that is an attachment", part('attachment; name="file"; filename="a"', "x") + END],
  ["a part with two names", part('form-data; name="file"; name="purpose"', "x") + END],
  [
    "a part with two dispositions",
    part('form-data; name="a"', "x", 'Content-Disposition: form-data; name="b"\r\n') + END,
  ],
  ["a header without a colon", part('form-data; name="a"', "x", "nothing\r\n") + END],
  [
    "a header of 200,000 bytes",
    part('form-data; name="a"', "x", `X-Long: ${"h".repeat(200_000)}\r\n`) + END,
  ],
  ["5,000 headers in a part", part('form-data; name="a"', "x", "X-A: b\r\n".repeat(5_000)) + END],
  ["5,000 parts", part('form-data; name="a"', "x").repeat(5_000) + END],
  ["2,000 files", file.repeat(2_000) + END],
  ["bare line feeds", whole.replaceAll("\r\n", "\n")],
  ["bare carriage returns", whole.replaceAll("\r\n", "\r")],
  ["a megabyte before the first part", "p".repeat(1_000_000) + whole],
  ["a megabyte behind its end", whole + "e".repeat(1_000_000)],
  [
    "a form within the form",
    part('form-data; name="file"; filename="a.jsonl"', whole, `Content-Type: ${TYPE}\r\n`) + END,
  ],
  [
    "a base64 part",
    part(
      'form-data; name="file"; filename="a.jsonl"',
      "eA==",
      "Content-Transfer-Encoding: base64\r\n",
    ) + END,
  ],
  [
    "a compressed part",
    part(
      'form-data; name="file"; filename="a.jsonl"',
      "\u001f\u008b",
      "Content-Encoding: gzip\r\n",
    ) + END,
  ],
  ["a file as a field", purpose + part('form-data; name="file"', LINE) + END],
  ["a purpose as a file", part('form-data; name="purpose"; filename="p"', "batch") + file + END],
  ["a file name with a way up", named("../../../../etc/passwd.jsonl")],
  ["a file name with backslashes", named("..\\..\\windows\\system32\\a.jsonl")],
  ["an absolute file name", named("/etc/cron.d/a.jsonl")],
  ["a file name with a NUL", named("a\0.jsonl")],
  ["a file name with line breaks", named("a%0d%0aset-cookie: x.jsonl")],
  ["a file name of 100,000 letters", named(`${"a".repeat(100_000)}.jsonl`)],
  ["a file name of dots", named("....")],
  ["a file name written from right to left", named("a\u202Elnosj.exe.jsonl")],
  ["a file name that isn't UTF-8", Buffer.from(named("\u00ff\u00fe.jsonl"), "latin1")],
  ["a file name of a device", named("CON.jsonl")],
  [
    "a file name in another charset",
    purpose + part("form-data; name=\"file\"; filename*=UTF-7''%2BAGE.jsonl", LINE) + END,
  ],
  ["a field __proto__", field("__proto__")],
  ["a field __proto__[polluted]", field("__proto__[polluted]")],
  ["a field constructor[prototype][polluted]", field("constructor[prototype][polluted]")],
  ["a field with 5,000 brackets", field(`a${"[b]".repeat(5_000)}`)],
  ["a field with an index of a billion", field("storage_config[1000000000]")],
  ["a field with open brackets", field("storage_config[s3[")],
  ["a field without a name", field("")],
  ["a field of two megabytes", field("purpose", "x".repeat(2_000_000))],
  ["a name of 100,000 letters", field("n".repeat(100_000))],
  ["a lifetime beyond all numbers", field("expires_after[seconds]", "9".repeat(400))],
  ["a negative lifetime", field("expires_after[seconds]", "-1")],
];

export const FORM_CASES: readonly HostileCase[] = (["openai", "anthropic"] as const).flatMap(
  (dialect: DialectName) =>
    FORMS.map(([what, body, type = TYPE]) => ({
      what: `a form with ${what}`,
      dialect,
      bytes: rawRequest(ANN_KEY, {
        path: `${PREFIX[dialect]}/files`,
        headers: [["content-type", type]],
        body,
      }),
    })),
);
