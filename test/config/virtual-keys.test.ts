import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ConfigError } from "../../src/config/config-error.ts";
import { describeConfig } from "../../src/config/describe-config.ts";
import { loadConfig } from "../../src/config/load.ts";
import type { Config } from "../../src/config/schema.ts";
import { secretsOf } from "../../src/config/secrets.ts";

let directory = "";
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "crossbatch-config-"));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

const SECRET = "cb-search-0123456789";

async function load(yaml: string, environment: Record<string, string> = {}): Promise<Config> {
  const file = join(directory, `${crypto.randomUUID()}.yaml`);
  await writeFile(file, yaml);
  const named = { SEARCH_KEY: SECRET, ...environment, CROSSBATCH_CONFIG: file };
  return (await loadConfig({ environment: named, workingDirectory: directory })).config;
}

async function problemsOf(yaml: string): Promise<readonly string[]> {
  try {
    await load(yaml);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test("a list of virtual keys is read, with variables and what is left out at its default", async () => {
  const config = await load(`
virtual_keys:
  - name: search
    key: \${SEARCH_KEY}
    providers: [openai]
    models: [gpt-5*]
    s3: [s3://bucket/search/]
    lines_per_day: 5
    expires_at: 2027-01-31T00:00:00Z
  - { name: other, key: another-key-0 }
`);
  expect(config.virtualKeys).toEqual([
    {
      name: "search",
      key: SECRET,
      owner: null,
      providers: ["openai"],
      models: ["gpt-5*"],
      s3: ["s3://bucket/search"],
      requestsPerMinute: null,
      linesPerDay: 5,
      bytesPerDay: null,
      concurrentBatches: null,
      expiresAt: Date.UTC(2027, 0, 31),
    },
    expect.objectContaining({ name: "other", providers: null, models: null, s3: [] }),
  ]);
  expect(secretsOf(config, {})).toEqual(expect.arrayContaining([SECRET, "another-key-0"]));
  expect(describeConfig(config).join("\n")).not.toContain(SECRET);
});

test.each(["virtual_keys: [{name: a, key: some-key-0}]", "require_keys: true"])(
  "with %s the gateway may listen where others reach it",
  async (yaml) => {
    const config = await load(yaml, { CROSSBATCH_HOST: "0.0.0.0" });
    expect(config.host).toBe("0.0.0.0");
  },
);

describe("a wrong virtual key is refused without being shown", () => {
  const key = `name: a, key: ${SECRET}`;
  test.each([
    ["virtual_keys: 5", "virtual_keys must be a list of keys"],
    ["virtual_keys: [5]", "virtual_keys.0 must hold keys and values"],
    ["virtual_keys: [{name: a}]", "virtual_keys.0.key must be a text"],
    ["virtual_keys: [{name: a, key: short}]", "virtual_keys.0.key must be 8 to 512"],
    [`virtual_keys: [{${key}, model: [x]}]`, "virtual_keys.0.model is no setting"],
    [`virtual_keys: [{${key}, owner: client-x}]`, "virtual_keys.0.owner must not be"],
    [`virtual_keys: [{${key}, owner: a/../b}]`, "virtual_keys.0.owner must be an owner's name"],
    [`virtual_keys: [{${key}, lines_per_day: 0}]`, "virtual_keys.0.lines_per_day must be a whole"],
    [`virtual_keys: [{${key}, s3: [bucket]}]`, "virtual_keys.0.s3.0 must be like s3://bucket"],
    [`virtual_keys: [{${key}, expires_at: soon}]`, "virtual_keys.0.expires_at must be a time"],
    [`virtual_keys: [{${key}, providers: [opnai]}]`, "virtual_keys: a names no provider there is"],
    [`virtual_keys: [{${key}}, {${key}}]`, "virtual_keys has two keys named a"],
    [`virtual_keys: [{${key}}, {name: b, key: ${SECRET}}]`, "virtual_keys has one key twice"],
    ["virtual_keys: [{name: a, key: '${NOT_SET}'}]", "needs the variable NOT_SET"],
  ])("%s", async (yaml, problem) => {
    const problems = await problemsOf(yaml);
    expect(problems).toContainEqual(expect.stringContaining(problem));
    expect(problems.join("\n")).not.toContain(SECRET);
  });
});
