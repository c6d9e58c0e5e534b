import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI from "openai";
import { toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Emulator } from "../../src/emulators/control.ts";
import type { OpenAIControl } from "../../src/emulators/openai/control.ts";
import { startOpenAIEmulator } from "../../src/emulators/openai/server.ts";
import { addressOf, type Run, runCrossbatch } from "../cli/run-crossbatch.ts";
import { chatLines, createBatch, readLines, uploadLines, waitForEnd } from "../support/batches.ts";
import { canRun, isServerReachable } from "../support/postgres.ts";
import { startTestS3, type TestS3 } from "../support/s3.ts";
import { CLIENT_KEY, PROVIDER_KEY } from "../support/secrets.ts";
import {
  createStoragePlace,
  type StoragePair,
  type StoragePlace,
} from "../support/storage-places.ts";

const hasPostgres = canRun(await isServerReachable(), "moving a gateway to PostgreSQL and back");
const SECRET = "a secret that goes with what was exported";

let s3: TestS3;
let root = "";
beforeAll(async () => {
  s3 = await startTestS3();
  root = await mkdtemp(join(tmpdir(), "crossbatch-move-"));
});
afterAll(async () => {
  await s3[Symbol.asyncDispose]();
  await rm(root, { recursive: true, force: true });
});

interface Gateway extends AsyncDisposable {
  client(apiKey?: string): OpenAI;
  end(signal: NodeJS.Signals): Promise<void>;
}

type Environment = Readonly<Record<string, string>>;

/** A gateway as a process of its own. */
async function start(place: StoragePlace, environment: Environment): Promise<Gateway> {
  const run = runCrossbatch({
    directory: place.directory,
    environment: {
      CROSSBATCH_PORT: "0",
      CROSSBATCH_POLL_SECONDS: "0.1",
      CROSSBATCH_LIMITS_SETTLE_SECONDS: "0.5",
      CROSSBATCH_LIMITS_HAND_OVER_SECONDS: "0.5",
      CROSSBATCH_SECRET_KEY: SECRET,
      ...place.environment,
      ...environment,
    },
  });
  const url = await addressOf(run);
  const end = async (signal: NodeJS.Signals) => {
    run.child.kill(signal);
    await run.ended;
  };
  return {
    client: (apiKey = "any") => new OpenAI({ baseURL: `${url}/v1`, apiKey, maxRetries: 0 }),
    end,
    [Symbol.asyncDispose]: () => end("SIGKILL"),
  };
}

interface Result {
  readonly code: Awaited<Run["ended"]>;
  readonly output: string;
  readonly errors: string;
}

async function command(
  place: StoragePlace,
  words: readonly string[],
  environment: Environment = {},
): Promise<Result> {
  const run = runCrossbatch({
    directory: place.directory,
    words,
    environment: { CROSSBATCH_SECRET_KEY: SECRET, ...place.environment, ...environment },
  });
  return { code: await run.ended, output: run.output(), errors: run.errors() };
}

/** A number of rows or blobs, as a command printed it. */
function printed({ output }: Result, what: string): number {
  return Number(new RegExp(`^${what}: (\\d+)`, "m").exec(output)?.[1] ?? Number.NaN);
}

const newFolder = () => mkdtemp(join(root, "export-"));

const contentOf = async (client: OpenAI, id: string) => (await client.files.content(id)).text();

interface Made {
  readonly ended: readonly OpenAI.Batches.Batch[];
  readonly running: readonly { readonly id: string; readonly lines: number }[];
  readonly texts: ReadonlyMap<string, string>;
  readonly upload: { readonly id: string; readonly partIds: readonly string[] };
}

const tokens = (emulator: Emulator<OpenAIControl>) =>
  emulator.control.batches().map(({ metadata }) => metadata?.["token"] ?? "");

/** Files and batches in every phase that there is, the last one killed in the middle of its submission. */
async function makeAll(gateway: Gateway, key: string, emulator: Emulator<OpenAIControl>) {
  const client = gateway.client(key);
  const { control } = emulator;
  const texts = new Map<string, string>();
  const make = async (token: string, lines: number) => {
    const text = chatLines(lines);
    const file = await uploadLines(client, text);
    texts.set(file.id, text);
    return createBatch(client, file.id, { metadata: { token } });
  };
  control.failLine("line-2", { status: 400 });
  const failing = await make("ended", 3);
  await control.complete(failing.id);
  const completed = await waitForEnd(client, failing.id);
  control.clearLines();
  for (const id of [completed.output_file_id, completed.error_file_id]) {
    texts.set(id ?? "", await contentOf(client, id ?? ""));
  }
  const dropped = await make("dropped", 4);
  await client.batches.cancel(dropped.id);
  await control.complete(dropped.id);
  const cancelled = await waitForEnd(client, dropped.id);
  await client.files.delete((await uploadLines(client, chatLines(1))).id);
  const upload = await client.uploads.create({
    purpose: "batch",
    filename: "in-parts.jsonl",
    bytes: 2 * (chatLines(5).length + 1),
    mime_type: "application/jsonl",
  });
  const half = await toFile(Buffer.from(`${chatLines(5)}\n`), "part");
  const part = await client.uploads.parts.create(upload.id, { data: half });
  const submitted = await make("submitted", 5);
  const halfDone = await make("half-done", 6);
  await control.run(halfDone.id, 3);
  // The provider can't be asked for a batch, so this one is only kept here.
  control.inject({ kind: "reset", method: "POST", path: "/batches$", times: 100 });
  const waiting = await make("waiting", 7);
  control.clearFaults();
  control.inject({ kind: "lostReply", method: "POST", path: "/batches$", times: 2 });
  const lost = await make("lost", 8);
  await gateway.end("SIGKILL");
  const running = [submitted, halfDone, waiting, lost];
  const made: Made = {
    ended: [completed, cancelled],
    running: running.map(({ id }, at) => ({ id, lines: 5 + at })),
    texts,
    upload: { id: upload.id, partIds: [part.id] },
  };
  return made;
}

/** All of it is there, as it was; what was running ends, each line with one result. */
async function checkAll(gateway: Gateway, key: string, made: Made) {
  const client = gateway.client(key);
  const isUnchanged = async () => {
    for (const batch of made.ended) expect(await client.batches.retrieve(batch.id)).toEqual(batch);
    for (const [id, text] of made.texts) expect(await contentOf(client, id)).toBe(text);
  };
  await isUnchanged();
  const half = await toFile(Buffer.from(`${chatLines(5)}\n`), "part");
  const part = await client.uploads.parts.create(made.upload.id, { data: half });
  const { file } = await client.uploads.complete(made.upload.id, {
    part_ids: [...made.upload.partIds, part.id],
  });
  expect(await contentOf(client, file?.id ?? "")).toBe(`${chatLines(5)}\n`.repeat(2));
  for (const { id, lines } of made.running) {
    const batch = await waitForEnd(client, id);
    const expected = { total: lines, completed: lines, failed: 0 };
    expect([id, batch.status, batch.request_counts]).toEqual([id, "completed", expected]);
    const results = await readLines(client, batch.output_file_id);
    expect(results.map(({ custom_id }) => custom_id).sort()).toEqual(
      Array.from({ length: lines }, (_, at) => `line-${at + 1}`).sort(),
    );
  }
  await isUnchanged();
}

const ways: readonly { readonly from: StoragePair; readonly to: StoragePair }[] = [
  { from: { database: "SQLite", blobs: "disk" }, to: { database: "PostgreSQL", blobs: "S3" } },
  { from: { database: "PostgreSQL", blobs: "S3" }, to: { database: "SQLite", blobs: "disk" } },
  { from: { database: "SQLite", blobs: "S3" }, to: { database: "PostgreSQL", blobs: "disk" } },
  { from: { database: "SQLite", blobs: "disk" }, to: { database: "SQLite", blobs: "S3" } },
];

describe.each(ways)(
  "from $from.database and $from.blobs to $to.database and $to.blobs",
  ({ from, to }) => {
    const needsPostgres = from.database === "PostgreSQL" || to.database === "PostgreSQL";
    test.skipIf(needsPostgres && !hasPostgres)(
      "all that a gateway keeps moves, and what was running goes on as if nothing had happened",
      async () => {
        await using emulator = await startOpenAIEmulator({ apiKeys: [PROVIDER_KEY], speed: 0 });
        await using old = await createStoragePlace(from, s3.endpoint);
        await using next = await createStoragePlace(to, s3.endpoint);
        const upstream = { OPENAI_API_KEY: PROVIDER_KEY, OPENAI_BASE_URL: emulator.url };
        await using before = await start(old, upstream);
        const created = await command(old, ["keys", "create", "search", "--owner", "team-a"]);
        const key = created.output.trim();
        const made = await makeAll(before, key, emulator);

        const folder = await newFolder();
        const exported = await command(old, ["export", folder]);
        expect([exported.code, exported.errors]).toEqual([0, ""]);
        const imported = await command(next, ["import", folder]);
        expect([imported.code, imported.errors]).toEqual([0, ""]);
        const moved = ["files", "batches", "parts", "virtual_keys", "events", "blobs"];
        const counts = (result: Result) => moved.map((what) => [what, printed(result, what)]);
        expect(counts(imported)).toEqual(counts(exported));
        expect(counts(exported).filter(([, count]) => Number(count) > 0)).toHaveLength(6);
        const again = await command(next, ["import", folder]);
        expect([again.code, again.errors]).toEqual([
          1,
          expect.stringMatching(/^The database isn't empty: files has \d+ rows/),
        ]);

        await using after = await start(next, upstream);
        emulator.control.setSpeed("instant");
        await checkAll(after, key, made);
        // Nothing was submitted a second time, neither what was running nor what nobody knew of.
        expect(tokens(emulator).toSorted()).toEqual([
          "dropped",
          "ended",
          "half-done",
          "lost",
          "submitted",
          "waiting",
        ]);
        await after.end("SIGTERM");
      },
    );
  },
);

test.skipIf(!hasPostgres)(
  "clients' own keys go along, sealed, and their files are found again under the same secret",
  async () => {
    await using emulator = await startOpenAIEmulator({
      apiKeys: [{ key: CLIENT_KEY, project: "client" }],
      speed: 0,
    });
    const pair = { database: "SQLite", blobs: "disk" } as const;
    await using old = await createStoragePlace(pair, s3.endpoint);
    await using next = await createStoragePlace(
      { database: "PostgreSQL", blobs: "S3" },
      s3.endpoint,
    );
    const upstream = { OPENAI_BASE_URL: emulator.url };
    await using before = await start(old, { ...upstream, CROSSBATCH_SECRET_KEY: "" });
    const text = chatLines(4);
    const file = await uploadLines(before.client(CLIENT_KEY), text);
    const { id } = await createBatch(before.client(CLIENT_KEY), file.id);
    await before.end("SIGTERM");

    const folder = await newFolder();
    expect(await command(old, ["export", folder], { CROSSBATCH_SECRET_KEY: "" })).toMatchObject({
      code: 0,
      errors: "",
    });
    const refused = await command(next, ["import", folder]);
    expect([refused.code, refused.errors]).toEqual([
      1,
      expect.stringMatching(/^The secret isn't the one .* to what secret\.key .* holds\.\n$/),
    ]);
    const path = join(old.directory, "data", "secret.key");
    const secret = { CROSSBATCH_SECRET_KEY: (await readFile(path, "utf8")).trim() };
    expect(await command(next, ["import", folder], secret)).toMatchObject({ code: 0 });
    await using after = await start(next, { ...upstream, ...secret });
    emulator.control.setSpeed("instant");
    const client = after.client(CLIENT_KEY);
    expect(await contentOf(client, file.id)).toBe(text);
    expect(await waitForEnd(client, id)).toMatchObject({
      status: "completed",
      request_counts: { total: 4, completed: 4, failed: 0 },
    });
    expect(emulator.control.batches()).toHaveLength(1);
    await after.end("SIGTERM");
  },
);

describe("what can't be moved safely is refused", () => {
  const embedded = { database: "SQLite", blobs: "disk" } as const;

  const pairs: readonly StoragePair[] = [embedded, { database: "PostgreSQL", blobs: "S3" }];
  test.skipIf(!hasPostgres).each(pairs)(
    "a gateway that runs, on $database and $blobs, in either direction",
    async (pair) => {
      await using place = await createStoragePlace(pair, s3.endpoint);
      await using other = await createStoragePlace(embedded, s3.endpoint);
      await using idle = await start(other, {});
      await idle.end("SIGTERM");
      const folder = await newFolder();
      expect(await command(other, ["export", folder])).toMatchObject({ code: 0 });
      await using gateway = await start(place, {});
      for (const words of [
        ["export", await newFolder()],
        ["import", folder],
      ]) {
        const refused = await command(place, words);
        expect([refused.code, refused.errors]).toEqual([
          1,
          expect.stringMatching(/^(?:Gateways are connected|.* is used by a running gateway)/),
        ]);
      }
      await gateway.end("SIGTERM");
    },
  );

  test("folders that hold something else, nothing, half an export or one that was changed", async () => {
    await using place = await createStoragePlace(embedded, s3.endpoint);
    await using next = await createStoragePlace(embedded, s3.endpoint);
    const errorsOf = async (at: StoragePlace, ...words: string[]) => {
      const { code, errors } = await command(at, words);
      expect(code).toBe(1);
      return errors;
    };
    const folder = await newFolder();
    expect(await errorsOf(place, "export", folder)).toMatch(/^There is no .*crossbatch\.sqlite/);
    await using gateway = await start(place, {});
    await uploadLines(gateway.client(), chatLines(2), { purpose: "user_data" }).catch(() => null);
    await gateway.end("SIGTERM");
    expect(await errorsOf(place, "export", join(place.directory, "data"))).toMatch(
      /holds .* already\. Export to an empty folder/,
    );
    expect(await errorsOf(next, "import", folder)).toMatch(/has no manifest\.json/);
    expect(await command(place, ["export", folder])).toMatchObject({ code: 0 });
    expect(await errorsOf(place, "export", folder)).toMatch(/holds a whole export already/);

    const manifest = await readFile(join(folder, "manifest.json"), "utf8");
    const changed = (from: string, to: string) =>
      writeFile(join(folder, "manifest.json"), manifest.replace(from, to));
    await changed('"version": 1', '"version": 2');
    expect(await errorsOf(next, "import", folder)).toMatch(/Import with the version that exported/);
    await changed('"0001-initial",', '"0001-initial", "0002-unheard-of",');
    expect(await errorsOf(next, "import", folder)).toMatch(/with the same version of Crossbatch/);
    await changed("", "");
    await appendFile(join(folder, "tables", "events.jsonl"), "{}\n");
    expect(await errorsOf(next, "import", folder)).toMatch(/changed or is damaged/);
  });
});
