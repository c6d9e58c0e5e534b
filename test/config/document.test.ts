import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { documentConfiguration } from "../../src/config/document.ts";
import { SETTINGS, yamlName } from "../../src/config/setting.ts";

test("docs/configuration.md is what the schema says (crossbatch config document > docs/configuration.md)", async () => {
  const file = new URL("../../docs/configuration.md", import.meta.url);
  expect(await readFile(file, "utf8")).toBe(documentConfiguration());
});

test("every setting says what it is for", () => {
  expect(SETTINGS.length).toBeGreaterThan(40);
  const silent = SETTINGS.filter(({ description }) => !/^[A-Z`].*\.$/.test(description));
  expect(silent.map(({ path }) => yamlName(path))).toEqual([]);
});

test("the names that others rely on are there", () => {
  const names = SETTINGS.flatMap(({ environment }) => environment);
  expect(names).toEqual(
    expect.arrayContaining([
      "CROSSBATCH_HOST",
      "CROSSBATCH_PORT",
      "CROSSBATCH_DATA_DIR",
      "CROSSBATCH_DATABASE_URL",
      "CROSSBATCH_BLOBS_URL",
      "CROSSBATCH_PUBLIC_URL",
      "CROSSBATCH_POLL_SECONDS",
      "CROSSBATCH_ALLOW_OPEN",
      "CROSSBATCH_TRUSTED_PROXIES",
      "CROSSBATCH_SECRET_KEY",
      "CROSSBATCH_ADMIN_TOKEN",
      "OPENAI_API_KEY",
      "OPENAI_BASE_URL",
      "ANTHROPIC_API_KEY",
      "ANTHROPIC_BASE_URL",
      "GEMINI_API_KEY",
      "GOOGLE_GEMINI_BASE_URL",
      "AWS_ENDPOINT_URL_S3",
      "AWS_ENDPOINT_URL_BEDROCK",
      "AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
      "CROSSBATCH_BEDROCK_ROLE_ARN",
      "CROSSBATCH_BEDROCK_S3_URI",
    ]),
  );
});
