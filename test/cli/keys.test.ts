import { expect, test } from "vitest";
import { chatLines, createBatch, uploadLines } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { rowsOf } from "../support/stored.ts";
import { runCrossbatch } from "./run-crossbatch.ts";

async function crossbatch(dataDir: string, words: readonly string[]): Promise<string> {
  const run = runCrossbatch({
    words,
    environment: { CROSSBATCH_DATA_DIR: dataDir },
    directory: dataDir,
  });
  expect([await run.ended, run.errors()]).toEqual([0, ""]);
  return run.output().trim();
}

test("keys are made, rotated and revoked beside a running gateway, which follows within five seconds", async () => {
  let now = Date.now();
  await using gateway = await startGateway({ now: () => now });
  const run = (...words: string[]) => crossbatch(gateway.dataDir, words);
  const later = () => {
    now += 4_999;
  };
  const list = (apiKey: string) => gateway.openai({ apiKey }).files.list();
  expect((await list("anything")).data).toEqual([]);

  const first = await run("keys", "create", "search", "--owner", "team-a", "--models", "gpt-4o*");
  expect(first).toMatch(/^cb-[A-Za-z0-9_-]{43}$/);
  const rows = JSON.stringify(await rowsOf(gateway.dataDir, "virtual_keys"));
  expect(rows).not.toContain(first.slice(7));
  later();
  expect((await refusalOf(list("anything"))).status).toBe(401);
  const client = gateway.openai({ apiKey: first });
  const file = await uploadLines(client, chatLines(1));
  const batch = await createBatch(client, file.id);
  expect((await refusalOf(createBatch(client, file.id, { model: "gpt-5" }))).status).toBe(403);

  const second = await run("keys", "rotate", "search");
  later();
  expect((await refusalOf(list(first))).status).toBe(401);
  expect((await list(second)).data).toMatchObject([{ id: file.id }]);

  await run("keys", "revoke", "search");
  later();
  expect((await refusalOf(list(second))).status).toBe(401);
  // With no key in force the gateway doesn't open again.
  expect((await refusalOf(list("anything"))).status).toBe(401);

  const listed = JSON.parse(await run("keys", "list", "--json"));
  expect(listed).toMatchObject({
    name: "search",
    owner: "team-a",
    hint: second.slice(0, 7),
    models: ["gpt-4o*"],
    revokedAt: expect.any(String),
  });
  const audit = async (...words: string[]) =>
    (await run("audit", "--json", ...words))
      .split("\n")
      .map((line) => JSON.parse(line))
      .map(({ actor, what, kind }) => `${actor} ${what} ${kind}`);
  expect(await audit("--object", "search")).toEqual([
    "operator created key",
    "operator rotated key",
    "operator revoked key",
  ]);
  expect(await audit("--object", batch.id, "--owner", "team-a", "--since", "1h")).toContain(
    "key:search created batch",
  );
  expect(await audit("--object", file.id)).toEqual(["key:search created file"]);
  expect(await run("audit", "--owner", "nobody")).toBe("");
});

test.each([
  [["keys", "revoke", "nobody"], "There is no key named nobody"],
  [["keys", "create", "a b"], "The name must be a name of at most 64"],
  [["keys", "create", "a", "--owner", "shared"], "--owner must not be `shared`"],
  [["keys", "create", "a", "--lines-per-day", "many"], "--lines-per-day must be a whole number"],
  [["keys", "create", "a", "--s3", "bucket"], "--s3 must be like s3://bucket"],
  [["audit", "--since", "soon"], "--since must be a time"],
])("%j is refused with a sentence", async (words, sentence) => {
  await using gateway = await startGateway();
  const run = runCrossbatch({
    words,
    environment: { CROSSBATCH_DATA_DIR: gateway.dataDir },
    directory: gateway.dataDir,
  });
  expect(await run.ended).toBe(1);
  expect(run.errors()).toContain(sentence);
  expect(await rowsOf(gateway.dataDir, "virtual_keys")).toEqual([]);
});
