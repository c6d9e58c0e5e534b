import { expect, test } from "vitest";
import type { ConfigInput } from "../../src/config/schema.ts";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";
import { refusalOf } from "../support/refusal.ts";
import { CLIENT_KEY, PROVIDER_KEY } from "../support/secrets.ts";
import { rowsOf } from "../support/stored.ts";

const NORTH = { name: "north", key: PROVIDER_KEY };
const SOUTH = { name: "south", key: CLIENT_KEY };

function keys(apiKeys: readonly object[], more: object = {}): ConfigInput {
  return { providers: { openai: { apiKeys, ...more } } };
}

test("a file and its batches stay in the account that holds them, also after its key was rotated", async () => {
  await using gateway = await startGateway({
    withKey: false,
    config: keys([NORTH, { ...SOUTH, weight: 1_000_000 }]),
  });
  const client = gateway.openai();
  gateway.emulator.control.setSpeed(0);
  const file = await uploadLines(client, chatLines(2));
  const batch = await createBatch(client, file.id);
  expect(await rowsOf(gateway.dataDir, "batches")).toMatchObject([{ account: "openai/south" }]);

  // Whatever is new goes to another now, and the old one has another key under its name.
  const rotated = { ...SOUTH, key: CLIENT_KEY, weight: 1 };
  await gateway.restart(keys([{ ...NORTH, weight: 1_000_000 }, rotated]));
  gateway.emulator.control.setSpeed("instant");
  const again = gateway.openai();
  const ended = await waitForEnd(again, batch.id);
  expect(await readLines(again, ended.output_file_id)).toHaveLength(2);
  await waitForEnd(again, (await createBatch(again, file.id)).id);
  const accounts = (await rowsOf(gateway.dataDir, "batches")).map(({ account }) => account);
  expect(accounts).toEqual(["openai/south", "openai/south"]);
  const listed = await again.files.list({ query: { provider: "openai" } });
  expect(listed.data.map(({ id }) => id)).toContain(file.id);
  await again.files.delete(file.id);
});

test("a model goes to a key that is for it, and no key of another account is used in its place", async () => {
  await using gateway = await startGateway({
    withKey: false,
    config: keys([
      { ...NORTH, models: ["gpt-4o-mini"] },
      { ...SOUTH, models: ["gpt-4o"] },
    ]),
    emulator: { speed: "instant" },
  });
  const client = gateway.openai();
  for (const model of ["gpt-4o", "gpt-4o-mini", "gpt-4o"]) {
    const file = await uploadLines(client, chatLines(1, model));
    await waitForEnd(client, (await createBatch(client, file.id)).id);
  }
  const rows = await rowsOf(gateway.dataDir, "batches");
  expect(rows.map(({ model, account }) => `${String(model)} ${String(account)}`)).toEqual([
    "gpt-4o openai/south",
    "gpt-4o-mini openai/north",
    "gpt-4o openai/south",
  ]);
  const file = await uploadLines(client, chatLines(1, "gpt-4o"));
  await gateway.restart(keys([NORTH]));
  const refusal = await refusalOf(gateway.openai().files.delete(file.id));
  expect(refusal.message).toContain("key 'south' is no longer configured");
});
