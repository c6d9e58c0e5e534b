import { ANN_KEY } from "../support/secrets.ts";
import { type HostileCase, OWN_FILE, PREFIX, rawRequest } from "./sending.ts";

/** What stands where an id should, as it is written in the path. */
const IDS: readonly (readonly [what: string, id: string])[] = [
  ["a way up", "../../etc/passwd"],
  ["an encoded way up", "..%2F..%2Fetc%2Fpasswd"],
  ["a way up encoded twice", "..%252F..%252Fetc%252Fpasswd"],
  ["a way up in dots that are encoded", "%2e%2e%2f%2e%2e%2fhealthz"],
  ["a way up of overlong UTF-8", "%c0%ae%c0%ae%c0%af"],
  ["a way up with backslashes", "..%5C..%5Cwindows"],
  ["a way up in base64", Buffer.from("../../etc/passwd").toString("base64url")],
  ["nothing but dots", "..."],
  ["a NUL", "file-%00"],
  ["line breaks", "file-%0d%0aset-cookie:%20a=b"],
  ["half an encoding", "file-%"],
  ["a wrong encoding", "file-%zz"],
  ["bytes that aren't UTF-8", "file-%ff%fe"],
  ["half a surrogate pair", "file-%ed%a0%80"],
  ["a space", "file-%20"],
  ["letters of full width", "%EF%BD%86ile-a"],
  ["Cyrillic letters", "f%D1%96le-a"],
  ["text from right to left", "file-%E2%80%AEcba"],
  ["characters of no width", "file-%E2%80%8Ba"],
  ["an emoji", "file-%F0%9F%98%80"],
  ["1,000 combining marks", `file-a${"%CC%81".repeat(1_000)}`],
  ["4,000 letters", `file-${"a".repeat(4_000)}`],
  ["20,000 letters", `file-${"a".repeat(20_000)}`],
  ["a quote and SQL", "file-'%20or%201=1--"],
  ["a wildcard", "%25"],
  ["a pattern", ".*"],
  ["a format string", "%25s%25n%25x"],
  ["a template", "%7B%7B7*7%7D%7D"],
  ["a script", "%3Cscript%3Ealert(1)%3C%2Fscript%3E"],
  ["__proto__", "__proto__"],
  ["constructor", "constructor"],
  ["a semicolon", "file-a;b=c"],
  ["an address", "http%3A%2F%2F169.254.169.254%2F"],
  ["a file's address", "file%3A%2F%2F%2Fetc%2Fpasswd"],
  ["another tenant's place in S3", "s3%3A%2F%2Fcrossbatch-default%2Fjobs%2Fben%2Fin.jsonl"],
  ["a place in S3 with a way up", "s3%3A%2F%2Fcrossbatch-default%2Fjobs%2Fann%2F..%2Fben%2Fx"],
  [
    "that place in base64",
    Buffer.from("s3://crossbatch-default/jobs/ben/in.jsonl").toString("base64url"),
  ],
  [
    "someone's job",
    "arn%3Aaws%3Abedrock%3Aus-west-2%3A123456789012%3Amodel-invocation-job%2Fabcdefghijkl",
  ],
];

const RANGES = [
  "bytes=0-99999999999999999999999999",
  "bytes=99999999999999999999-",
  "bytes=-99999999999999999999",
  "bytes=-0",
  "bytes=5-2",
  "bytes=a-b",
  "bytes=--5",
  "bytes=0x0-0x5",
  "bytes=1e3-",
  "bytes=0-0,1-1",
  `bytes=${"0-1,".repeat(2_000)}0-1`,
  "lines=0-5",
  "bytes",
  "bytes=",
] as const;

const QUERIES = [
  "limit=-1",
  "limit=1e9",
  "limit=99999999999999999999",
  "limit=NaN",
  "limit=1&limit=2",
  "limit[]=1",
  "limit[__proto__]=1",
  "__proto__[limit]=1",
  "constructor[prototype][x]=1",
  "after=%00",
  "after_id=%ff",
  "page=page_%00",
  `after=${"a".repeat(10_000)}`,
  "order=desc;drop table files",
  "provider=http://169.254.169.254/",
  "provider=__proto__",
  `${"a[b]".repeat(500)}=1`,
  "storage_config[s3][bucket]=169.254.169.254",
  "storage_config=%7B%22__proto__%22:1%7D",
  "output_s3_uri=s3://x/../y",
] as const;

const HEADERS: readonly (readonly [what: string, name: string, value: string])[] = [
  ["a provider that is an address", "x-model-provider", "http://169.254.169.254/"],
  ["a provider __proto__", "x-model-provider", "__proto__"],
  ["1,000 providers", "x-model-provider", "openai,anthropic,".repeat(1_000)],
  ["a translation nobody knows", "x-crossbatch-translation", "none"],
  ["a forwarded host", "x-forwarded-host", "evil.test"],
  ["a forwarded protocol", "x-forwarded-proto", "javascript"],
  ["10,000 forwarders", "x-forwarded-for", "1.1.1.1,".repeat(3_000)],
  ["another key beside its own", "authorization", "Bearer cb-someone-elses-key-00000"],
  ["a bearer without a key", "authorization", "Bearer "],
  ["a key in Basic", "authorization", "Basic !!!"],
  ["a request id with markup", "x-request-id", "<script>"],
  ["a wrong version", "anthropic-version", "1999-01-01"],
  ["a beta nobody knows", "anthropic-beta", "x".repeat(5_000)],
  ["an organization with a NUL", "openai-organization", "a\u0000b"],
  ["a cookie of 20,000 bytes", "cookie", "c".repeat(20_000)],
  ["a condition of no kind", "if-range", '"x", W/"y"'],
  ["a method override", "x-http-method-override", "DELETE"],
  ["an origin", "origin", "https://evil.test"],
];

export const REQUEST_CASES: readonly HostileCase[] = (["openai", "anthropic"] as const).flatMap(
  (dialect) => {
    const prefix = PREFIX[dialect];
    const batches = dialect === "openai" ? "batches" : "messages/batches";
    const get = (path: string, headers: readonly (readonly [string, string])[] = []) =>
      rawRequest(ANN_KEY, { method: "GET", path, headers });
    return [
      ...IDS.flatMap(([what, id]) => [
        { what: `a file whose id is ${what}`, dialect, bytes: get(`${prefix}/files/${id}`) },
        { what: `content of ${what}`, dialect, bytes: get(`${prefix}/files/${id}/content`) },
        { what: `a batch whose id is ${what}`, dialect, bytes: get(`${prefix}/${batches}/${id}`) },
      ]),
      ...RANGES.map((range) => ({
        what: `the range ${range.slice(0, 50)}`,
        dialect,
        bytes: get(`${prefix}/files/${OWN_FILE}/content`, [["range", range]]),
      })),
      ...QUERIES.map((query) => ({
        what: `the query ${query.slice(0, 50)}`,
        dialect,
        bytes: get(`${prefix}/files?${query.replaceAll(" ", "%20")}`),
      })),
      ...HEADERS.map(([what, name, value]) => ({
        what: `a header with ${what}`,
        dialect,
        bytes: get(`${prefix}/files`, [[name, value]]),
      })),
    ];
  },
);
