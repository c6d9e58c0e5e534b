import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { loadConfig } from "../../src/config/load.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "crossbatch-config-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function problemsOf(environment: Record<string, string>, yaml?: string): Promise<string[]> {
  const file = join(directory, `${crypto.randomUUID()}.yaml`);
  if (yaml !== undefined) await writeFile(file, yaml);
  const named = yaml === undefined ? environment : { ...environment, CROSSBATCH_CONFIG: file };
  try {
    await loadConfig({ environment: named, workingDirectory: directory });
  } catch (error) {
    if (error instanceof ConfigError) return [...error.problems];
    throw error;
  }
  return [];
}

describe("a wrong variable is refused by its name, with what would be right", () => {
  const seconds = "must be a number of seconds from 0.05 to 3600";
  const yesOrNo = "must be true or false (also: yes, no, on, off, 1, 0)";
  const address =
    "must be an http:// or https:// address without user, password, query and fragment";
  test.each<[name: string, value: string, problem: string]>([
    ["CROSSBATCH_PORT", "abc", 'must be a whole number from 0 to 65535; it is "abc"'],
    ["CROSSBATCH_PORT", "65536", "must be a whole number from 0 to 65535; it is 65536"],
    ["CROSSBATCH_PORT", "-1", "must be a whole number from 0 to 65535; it is -1"],
    ["CROSSBATCH_PORT", "80.5", "must be a whole number from 0 to 65535; it is 80.5"],
    ["CROSSBATCH_PORT", "1e3", 'must be a whole number from 0 to 65535; it is "1e3"'],
    ["CROSSBATCH_PORT", "0x50", 'must be a whole number from 0 to 65535; it is "0x50"'],
    ["CROSSBATCH_POLL_SECONDS", "0.01", `${seconds}; it is 0.01`],
    ["CROSSBATCH_POLL_SECONDS", "0", `${seconds}; it is 0`],
    ["CROSSBATCH_POLL_SECONDS", "fast", `${seconds}; it is "fast"`],
    ["CROSSBATCH_ALLOW_OPEN", "maybe", `${yesOrNo}; it is "maybe"`],
    ["CROSSBATCH_ALLOW_OPEN", "2", `${yesOrNo}; it is "2"`],
    [
      "CROSSBATCH_LOG_LEVEL",
      "loud",
      'must be one of debug, info, warn, error, silent; it is "loud"',
    ],
    ["CROSSBATCH_LOG_FORMAT", "xml", 'must be one of auto, json, text; it is "xml"'],
    [
      "CROSSBATCH_TRUSTED_PROXIES",
      "10.0.0.0/8, 300.1.1.1",
      'must be an IP address, a range such as 10.0.0.0/8, or loopback, linklocal, uniquelocal; it is "300.1.1.1"',
    ],
    [
      "CROSSBATCH_TRUSTED_PROXIES",
      "10.0.0.0/33",
      'must be an IP address, a range such as 10.0.0.0/8, or loopback, linklocal, uniquelocal; it is "10.0.0.0/33"',
    ],
    [
      "CROSSBATCH_CORS_ORIGINS",
      "*",
      'must be an origin such as https://app.example.com, without path and slash at the end; it is "*"',
    ],
    [
      "CROSSBATCH_CORS_ORIGINS",
      "https://app.example.com/",
      'must be an origin such as https://app.example.com, without path and slash at the end; it is "https://app.example.com/"',
    ],
    [
      "CROSSBATCH_CORS_ORIGINS",
      "app.example.com",
      'must be an origin such as https://app.example.com, without path and slash at the end; it is "app.example.com"',
    ],
    [
      "CROSSBATCH_CORS_ORIGINS",
      "null",
      'must be an origin such as https://app.example.com, without path and slash at the end; it is "null"',
    ],
    [
      "CROSSBATCH_CORS_ORIGINS",
      "https://*.example.com/x",
      'must be an origin such as https://app.example.com, without path and slash at the end; it is "https://*.example.com/x"',
    ],
    [
      "CROSSBATCH_PUBLIC_URL",
      "gateway.example",
      'must be an http:// or https:// address without user, query and fragment, or relative; it is "gateway.example"',
    ],
    [
      "CROSSBATCH_BLOBS_URL",
      "/var/blobs",
      'must be like s3://bucket or s3://bucket/prefix; it is "/var/blobs"',
    ],
    [
      "CROSSBATCH_BLOBS_URL",
      "s3://Bad_Bucket",
      'must be like s3://bucket or s3://bucket/prefix; it is "s3://Bad_Bucket"',
    ],
    [
      "CROSSBATCH_BLOBS_URL",
      "s3://bucket/a/../b",
      'must be like s3://bucket or s3://bucket/prefix; it is "s3://bucket/a/../b"',
    ],
    [
      "CROSSBATCH_DATABASE_URL",
      "mysql://user:hunter22@host/db",
      "must be like postgres://user:password@host/database, or left out for the embedded database",
    ],
    [
      "CROSSBATCH_LIMITS_FILE_BYTES",
      "12 parsecs",
      'must be a number of bytes from 1 to 1099511627776, or such a text as 64MiB or 500MB; it is "12 parsecs"',
    ],
    [
      "CROSSBATCH_LIMITS_HEADER_BYTES",
      "1GB",
      "must be a number of bytes from 4096 to 1048576, or such a text as 64MiB or 500MB; it is 1000000000",
    ],
    ["CROSSBATCH_LIMITS_JSON_DEPTH", "0", "must be a whole number from 8 to 2000; it is 0"],
    [
      "CROSSBATCH_SHUTDOWN_GRACE_SECONDS",
      "-5",
      "must be a number of seconds from 0 to 3600; it is -5",
    ],
    [
      "CROSSBATCH_RETENTION_RESULT_DAYS",
      "1.5",
      "must be a whole number from 0 to 36500; it is 1.5",
    ],
    ["OPENAI_BASE_URL", "ftp://api.example", `${address}; it is "ftp://api.example"`],
    [
      "OPENAI_BASE_URL",
      "https://me:hunter22@api.example/v1",
      `${address}; it is "https://[redacted]@api.example/v1"`,
    ],
    [
      "OPENAI_BASE_URL",
      "https://api.example/v1?key=hunter22",
      `${address}; it is "https://api.example/v1?[redacted]"`,
    ],
    ["ANTHROPIC_BASE_URL", "localhost:9000", `${address}; it is "localhost:9000"`],
    ["AWS_ENDPOINT_URL_S3", "minio:9000", `${address}; it is "minio:9000"`],
    [
      "CROSSBATCH_BEDROCK_ROLE_ARN",
      "admin",
      'must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/batch; it is "admin"',
    ],
    ["CROSSBATCH_BEDROCK_BELOW_MINIMUM", "ignore", 'must be one of direct, reject; it is "ignore"'],
  ])("%s=%s", async (name, value, problem) => {
    expect(await problemsOf({ [name]: value })).toEqual([`${name} ${problem}`]);
  });
});

describe("a name that nobody reads is refused, with the one that was probably meant", () => {
  test.each<[name: string, hint: string]>([
    ["CROSSBATCH_HSOT", "did you mean CROSSBATCH_HOST?"],
    ["CROSSBATCH_POLL_SECOND", "did you mean CROSSBATCH_POLL_SECONDS?"],
    ["CROSSBATCH_DATABASE", "did you mean CROSSBATCH_DATABASE_URL?"],
    ["CROSSBATCH_FILE_BYTES", "did you mean CROSSBATCH_LIMITS_FILE_BYTES?"],
    ["CROSSBATCH_OPENAI_API_KEY", "did you mean OPENAI_API_KEY?"],
    ["CROSSBATCH_AWS_REGION", "did you mean AWS_REGION?"],
    ["CROSSBATCH_QUANTUM_ENTANGLEMENT", "docs/configuration.md lists all there are"],
  ])("%s: %s", async (name, hint) => {
    expect(await problemsOf({ [name]: "sk-a-secret-by-mistake" })).toEqual([
      `${name} is no variable of the gateway; ${hint}`,
    ]);
  });
});

describe("a wrong key of crossbatch.yaml is refused by its place, with what would be right", () => {
  test.each<[yaml: string, problem: string]>([
    ["prot: 80", "prot is no setting; did you mean port?"],
    ["dataDir: x", "dataDir is no setting; did you mean data_dir?"],
    ["file_bytes: 1", "file_bytes is no setting; did you mean limits.file_bytes?"],
    ["limits: {file_byte: 1}", "limits.file_byte is no setting; did you mean limits.file_bytes?"],
    ["virtuals: []", "virtuals is no setting; docs/configuration.md lists all there are"],
    [
      "providers: {openai: {apikey: x}}",
      "providers.openai.apikey is no setting; did you mean providers.openai.api_key?",
    ],
    ["port: http", 'port must be a whole number from 0 to 65535; it is "http"'],
    ["port: true", "port must be a whole number from 0 to 65535; it is true"],
    ["port: [80]", "port must be a whole number from 0 to 65535"],
    ["host: 127", "host must be a text that isn't empty; it is 127"],
    ["limits: 12", 'limits must hold keys and values, such as "key: value"'],
    ["- port: 80", 'crossbatch.yaml must hold keys and values, such as "key: value"'],
    ["just words", 'crossbatch.yaml must hold keys and values, such as "key: value"'],
    [
      "trusted_proxies: 10.0.0.256",
      expect.stringContaining("trusted_proxies.0 must be an IP address"),
    ],
    [
      "port: 80\nport: 81",
      expect.stringMatching(/isn't valid YAML at line 2, column 1: duplicate key$/),
    ],
    ["port: {80", expect.stringMatching(/isn't valid YAML at line 1, column \d+: /)],
    ["__proto__: {port: 1}", "__proto__ is no setting; docs/configuration.md lists all there are"],
    [
      "admin_token: ${NOT_SET_ANYWHERE}",
      "admin_token needs the variable NOT_SET_ANYWHERE of the environment, which isn't set",
    ],
    [
      "providers: {groq: {base_url: https://api.example}}",
      "providers.groq.kind needs a kind: one of openai, anthropic, gemini, bedrock; it is missing",
    ],
    [
      "providers: {groq: {kind: llama, base_url: https://api.example}}",
      'providers.groq.kind needs a kind: one of openai, anthropic, gemini, bedrock; it is "llama"',
    ],
    [
      "providers: {groq: {kind: openai}}",
      "providers.groq.base_url must be a text that isn't empty; it is missing",
    ],
    ["providers: {openai: {kind: gemini}}", 'providers.openai.kind must be openai; it is "gemini"'],
    [
      "providers: {Groq: {kind: openai, base_url: https://api.example}}",
      'providers: the name "Groq" must begin with a small letter and hold only a-z, 0-9, - and _',
    ],
  ])("%s", async (yaml, problem) => {
    const problems = await problemsOf({}, yaml);
    expect(problems).toContainEqual(problem);
  });
});

test("everything that is wrong is said at once", async () => {
  const yaml = "prot: 1\npoll_seconds: soon\nproviders: {x: {kind: openai}}\n";
  const problems = await problemsOf(
    { CROSSBATCH_PORT: "x", CROSSBATCH_HSOT: "y", CROSSBATCH_HOST: "0.0.0.0" },
    yaml,
  );
  expect(problems.map((problem) => problem.split(" ")[0])).toEqual([
    "CROSSBATCH_HSOT",
    "prot",
    "CROSSBATCH_PORT",
    "poll_seconds",
    "providers.x.base_url",
    '"0.0.0.0"',
  ]);
});

test("no problem shows the value of a secret", async () => {
  const secret = "hunter22hunter22";
  const yaml = `admin_token: [${secret}]\nproviders: {openai: {api_key: {a: ${secret}}}, groq: {kind: openai, base_url: "https://a:${secret}@b", api_key: [${secret}]}}\nhost: "sk-${secret}"\nport: "Bearer ${secret}"\nx: ${secret}\ny: [}${secret}`;
  const environment = {
    CROSSBATCH_DATABASE_URL: `oracle://user:${secret}@host/db`,
    CROSSBATCH_SECRET_KEYS: secret,
  };
  const withoutSyntaxError = yaml.replace(/\ny: .*/, "");
  const problems = [
    ...(await problemsOf(environment, yaml)),
    ...(await problemsOf(environment, withoutSyntaxError)),
  ];
  expect(problems.length).toBeGreaterThan(8);
  expect(problems.join("\n")).not.toContain(secret);
});

test("a file that CROSSBATCH_CONFIG names must be there", async () => {
  const [problem] = await problemsOf({ CROSSBATCH_CONFIG: "/nowhere/at/all.yaml" });
  expect(problem).toBe("CROSSBATCH_CONFIG: /nowhere/at/all.yaml can't be read (ENOENT)");
});

describe("an address that other machines reach", () => {
  test.each(["0.0.0.0", "::", "192.168.1.5", "gateway.example", "128.0.0.1"])(
    "%s is refused unless CROSSBATCH_ALLOW_OPEN says so",
    async (host) => {
      expect(await problemsOf({ CROSSBATCH_HOST: host })).toEqual([
        expect.stringContaining("set CROSSBATCH_ALLOW_OPEN=true (allow_open: true)"),
      ]);
      expect(
        await problemsOf({ CROSSBATCH_HOST: host, CROSSBATCH_ALLOW_OPEN: "false" }),
      ).toHaveLength(1);
      expect(await problemsOf({ CROSSBATCH_HOST: host, CROSSBATCH_ALLOW_OPEN: "true" })).toEqual(
        [],
      );
    },
  );
  test.each(["127.0.0.1", "127.8.8.8", "localhost", "::1", "::ffff:127.0.0.1"])(
    "%s is no such address",
    async (host) => {
      expect(await problemsOf({ CROSSBATCH_HOST: host })).toEqual([]);
    },
  );
});
