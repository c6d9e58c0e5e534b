import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeConfig } from "../../src/config/describe-config.ts";
import { loadConfig } from "../../src/config/load.ts";
import { type Config, createConfig } from "../../src/config/schema.ts";
import { secretsOf } from "../../src/config/secrets.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "crossbatch-config-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function load(environment: Record<string, string>, yaml = ""): Promise<Config> {
  const file = join(directory, `${crypto.randomUUID()}.yaml`);
  await writeFile(file, yaml);
  const named = { ...environment, CROSSBATCH_CONFIG: file };
  const { config } = await loadConfig({ environment: named, workingDirectory: directory });
  return config;
}

test("without environment and file everything is at its default", async () => {
  const { config, file } = await loadConfig({ environment: {}, workingDirectory: directory });
  expect(file).toBeNull();
  expect(config).toEqual(createConfig());
  expect(config).toMatchObject({
    host: "127.0.0.1",
    port: 8080,
    dataDir: resolve(".crossbatch"),
    databaseUrl: null,
    pollSeconds: 15,
    limits: { fileBytes: 512 * 1024 * 1024, uploadBytes: 8 * 1024 ** 3 },
    providers: {
      openai: {
        kind: "openai",
        baseUrl: "https://api.openai.com/v1",
        apiKey: null,
        passThrough: true,
      },
      bedrock: { kind: "bedrock", belowMinimum: "direct" },
    },
  });
});

test("the environment wins over the file, value by value", async () => {
  const yaml = `
port: 9000
poll_seconds: 5
providers:
  openai: { api_key: from-file, base_url: https://file.example/v1, files: false }
`;
  const config = await load({ CROSSBATCH_PORT: "9001", OPENAI_API_KEY: "from-environment" }, yaml);
  expect(config.port).toBe(9001);
  expect(config.pollSeconds).toBe(5);
  expect(config.providers.openai).toMatchObject({
    apiKey: "from-environment",
    baseUrl: "https://file.example/v1",
    files: false,
  });
});

test("crossbatch.yaml of the working directory is read where no other is named", async () => {
  const here = await mkdtemp(join(directory, "here-"));
  await writeFile(join(here, "crossbatch.yaml"), "port: 7000");
  await writeFile(join(here, "other.yaml"), "port: 7001");
  const own = await loadConfig({ environment: {}, workingDirectory: here });
  expect([own.config.port, own.file]).toEqual([7000, join(here, "crossbatch.yaml")]);
  const environment = { CROSSBATCH_CONFIG: "other.yaml" };
  const other = await loadConfig({ environment, workingDirectory: here });
  expect(other.config.port).toBe(7001);
});

test("variables are put into the texts of the file, whatever kind of value they make", async () => {
  const yaml = `
port: \${PORT_OF_OURS}
admin_token: "token-\${NAME}-\${NAME}"
public_url: https://\${NAME}.example/\${PATH_OF_OURS}/
secret_key: "$\${NAME}"
trusted_proxies: ["\${PROXY}", loopback]
limits: { file_bytes: "\${SIZE}" }
providers: { groq: { kind: openai, base_url: "https://groq.example/v1/", api_key: "\${NAME}" } }
`;
  const environment = {
    PORT_OF_OURS: "81",
    NAME: "ann",
    PATH_OF_OURS: "llm",
    PROXY: "10.0.0.1",
    SIZE: "2GiB",
  };
  expect(await load(environment, yaml)).toMatchObject({
    port: 81,
    adminToken: "token-ann-ann",
    publicUrl: "https://ann.example/llm",
    secretKey: "${NAME}",
    trustedProxies: ["10.0.0.1", "loopback"],
    limits: { fileBytes: 2 * 1024 ** 3 },
    providers: { groq: { baseUrl: "https://groq.example/v1", apiKey: "ann", passThrough: false } },
  });
});

describe("a text becomes the value that its setting wants", () => {
  test.each<[variable: string, pick: (config: Config) => unknown, value: unknown]>([
    ["CROSSBATCH_PORT= 0 ", (config) => config.port, 0],
    ["CROSSBATCH_POLL_SECONDS=0.05", (config) => config.pollSeconds, 0.05],
    ["CROSSBATCH_ALLOW_OPEN=1", (config) => config.allowOpen, true],
    ["CROSSBATCH_ALLOW_OPEN=Yes", (config) => config.allowOpen, true],
    ["CROSSBATCH_ALLOW_OPEN=off", (config) => config.allowOpen, false],
    ["CROSSBATCH_PUBLIC_URL=relative", (config) => config.publicUrl, "relative"],
    [
      "CROSSBATCH_PUBLIC_URL=https://a.example/x/",
      (config) => config.publicUrl,
      "https://a.example/x",
    ],
    [
      "CROSSBATCH_TRUSTED_PROXIES=10.0.0.0/8, ::1,",
      (config) => config.trustedProxies,
      ["10.0.0.0/8", "::1"],
    ],
    [
      "CROSSBATCH_CORS_ORIGINS=https://a.example, http://localhost:3000",
      (config) => config.corsOrigins,
      ["https://a.example", "http://localhost:3000"],
    ],
    ["CROSSBATCH_LIMITS_FILE_BYTES=500MB", (config) => config.limits.fileBytes, 500_000_000],
    ["CROSSBATCH_LIMITS_FILE_BYTES=1.5 GiB", (config) => config.limits.fileBytes, 1.5 * 1024 ** 3],
    ["CROSSBATCH_LIMITS_FILE_BYTES=4096", (config) => config.limits.fileBytes, 4096],
    ["CROSSBATCH_DATA_DIR=data", (config) => config.dataDir, resolve("data")],
    ["CROSSBATCH_BLOBS_URL=s3://bucket/a/b/", (config) => config.blobsUrl, "s3://bucket/a/b"],
    [
      "CROSSBATCH_DATABASE_URL=postgres://u:p@h/d",
      (config) => config.databaseUrl,
      "postgres://u:p@h/d",
    ],
    [
      "AWS_ENDPOINT_URL_S3=http://127.0.0.1:9",
      (config) => config.s3.endpoint,
      "http://127.0.0.1:9",
    ],
    ["AWS_DEFAULT_REGION=eu-west-1", (config) => config.s3.region, "eu-west-1"],
    ["AWS_REGION=eu-west-2", (config) => config.providers.bedrock.region, "eu-west-2"],
    ["GEMINI_API_KEY=g", (config) => config.providers.gemini.apiKey, "g"],
    [
      "GOOGLE_GEMINI_BASE_URL=http://g.example",
      (config) => config.providers.gemini.baseUrl,
      "http://g.example",
    ],
    ["ANTHROPIC_API_KEY=a", (config) => config.providers.anthropic.apiKey, "a"],
    [
      "CROSSBATCH_BEDROCK_S3_URI=s3://jobs/in",
      (config) => config.providers.bedrock.s3Uri,
      "s3://jobs/in",
    ],
    ["OPENAI_API_KEY=", (config) => config.providers.openai.apiKey, null],
  ])("%s", async (variable, pick, value) => {
    const [name = "", text = ""] = variable.split(/=(.*)/s);
    expect(pick(await load({ [name]: text }))).toEqual(value);
  });
});

test("AWS_REGION counts before AWS_DEFAULT_REGION", async () => {
  const config = await load({ AWS_DEFAULT_REGION: "eu-west-1", AWS_REGION: "eu-west-2" });
  expect(config.s3.region).toBe("eu-west-2");
});

test("keys without a value, and groups without keys, are as if they weren't there", async () => {
  expect(await load({}, "port:\nlimits:\nproviders:\n  openai:\n")).toEqual(createConfig());
});

test("what a Kubernetes service of the same name puts into the environment is passed over", async () => {
  const environment = {
    KUBERNETES_SERVICE_HOST: "10.0.0.1",
    CROSSBATCH_PORT: "tcp://10.0.0.7:80",
    CROSSBATCH_SERVICE_HOST: "10.0.0.7",
    CROSSBATCH_SERVICE_PORT: "80",
    CROSSBATCH_SERVICE_PORT_HTTP: "80",
    CROSSBATCH_PORT_80_TCP: "tcp://10.0.0.7:80",
    CROSSBATCH_PORT_80_TCP_ADDR: "10.0.0.7",
  };
  expect((await load(environment)).port).toBe(8080);
  await expect(
    load({ ...environment, KUBERNETES_SERVICE_HOST: "1", CROSSBATCH_HSOT: "x" }),
  ).rejects.toThrow("CROSSBATCH_HSOT is no variable");
});

test("every secret of a configuration is known, and none is shown", async () => {
  const yaml =
    "providers: { groq: { kind: openai, base_url: https://g.example, api_key: groq-key } }";
  const environment = {
    OPENAI_API_KEY: "openai-key",
    ANTHROPIC_API_KEY: "anthropic-key",
    CROSSBATCH_ADMIN_TOKEN: "admin-token",
    CROSSBATCH_SECRET_KEY: "secret-key",
    CROSSBATCH_DATABASE_URL: "postgres://user:pass%2Fword@host/db",
    AWS_SECRET_ACCESS_KEY: "aws-secret",
  };
  const config = await load(environment, yaml);
  const secrets = secretsOf(config, environment);
  expect([...secrets].sort()).toEqual(
    [
      "admin-token",
      "anthropic-key",
      "aws-secret",
      "groq-key",
      "openai-key",
      "pass/word",
      "postgres://user:pass%2Fword@host/db",
      "secret-key",
    ].sort(),
  );
  const shown = describeConfig(config).join("\n");
  expect(shown).toContain("providers.groq.api_key: (a secret is set)");
  expect(shown).toContain("database_url: (a secret is set)");
  for (const secret of secrets) expect(shown).not.toContain(secret);
});
