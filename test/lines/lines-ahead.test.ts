import { expect, test } from "vitest";
import type { BlobStore } from "../../src/core/blobs.ts";
import { formats } from "../../src/formats/formats.ts";
import { type AheadOptions, LinesAhead } from "../../src/lines/lines-ahead.ts";
import { prepareLines } from "../../src/lines/prepare.ts";
import { LineSurvey } from "../../src/lines/survey.ts";
import { planLines, type Target } from "../../src/lines/target.ts";
import { createDiskBed } from "../storage/blobs/disk.bed.ts";

const never = new AbortController().signal;
const limits = {
  minLines: 1,
  maxLines: 100_000,
  maxBytes: 200_000_000,
  oneModel: false,
  windowHours: 24,
};
const target: Target = {
  provider: { format: "anthropic", modelPrefix: "anthropic", hasBatches: true, limits },
  endpoint: "/v1/chat/completions",
  model: null,
  variant: null,
  mode: "warn",
};
const context = (blobs: BlobStore) => ({ blobs, maxLineBytes: 1_000_000 });

/** About 1.5 kB each, a third of them with ids that Anthropic forbids. */
function lines(count: number, model = "claude-haiku-4-5"): string {
  return Array.from({ length: count }, (_, index) => {
    const custom_id = index % 3 === 0 ? `id ${index}` : `id-${index}`;
    const body = {
      model,
      messages: [{ role: "user", content: `${index} ${"text ".repeat(280)}` }],
    };
    return `${JSON.stringify({ custom_id, method: "POST", url: "/v1/chat/completions", body })}\n`;
  }).join("");
}

function* chunksOf(text: string): Generator<Uint8Array> {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function keysOf(blobs: BlobStore): Promise<readonly string[]> {
  const keys: string[] = [];
  for await (const { key } of blobs.list("", never)) keys.push(key);
  return keys.toSorted();
}

async function textOf(blobs: BlobStore, key: string): Promise<string> {
  return Buffer.concat(await (await blobs.open(key, never)).toArray()).toString();
}

interface Seen {
  readonly blobs: BlobStore;
  readonly text: string;
  readonly options?: Partial<AheadOptions>;
  readonly signal?: AbortSignal;
}

async function see({ blobs, text, options, signal = never }: Seen) {
  const ahead = new LinesAhead(
    context(blobs),
    {
      target,
      limits: { lines: limits.maxLines, bytes: limits.maxBytes },
      prefix: "ahead",
      ...options,
    },
    signal,
  );
  const { idRule } = formats.anthropic;
  const survey = new LineSurvey({ endpoint: null, idRule, maxLineBytes: 1_000_000 });
  for (const chunk of chunksOf(text)) {
    survey.push(chunk);
    await ahead.push(chunk, survey);
  }
  ahead.end();
  const planned = planLines(survey.end(), target);
  if (planned.kind === "refused") throw new Error(JSON.stringify(planned.errors));
  const cut = {
    limits: { lines: limits.maxLines, bytes: limits.maxBytes },
    lines: survey.soFar().lines,
  };
  return { ahead, plan: planned.plan, cut };
}

test("what is made ahead is what would be made afterwards", async () => {
  await using bed = await createDiskBed();
  const blobs = bed.store;
  const text = lines(6_000);
  const { ahead, plan, cut } = await see({ blobs, text });
  const early = await ahead.take(plan, cut);
  const late = await prepareLines(
    context(blobs),
    {
      bytes: 0,
      groups: [{ plan, limits: { lines: limits.maxLines, bytes: limits.maxBytes }, keep: null }],
      format: "anthropic",
      mode: "warn",
      openInput: () => Promise.resolve(toStream(text)),
      prefix: "late",
    },
    never,
  );
  expect(early).toEqual(JSON.parse(JSON.stringify(late).replaceAll("late/", "ahead/")));
  expect(early?.pieces).toMatchObject([{ lines: 6_000 }]);
  expect(await textOf(blobs, "ahead/part-1")).toBe(await textOf(blobs, "late/part-1"));
  expect(await textOf(blobs, "ahead/ids")).toBe(await textOf(blobs, "late/ids"));
  // What was taken is the taker's.
  await ahead.drop();
  expect(await keysOf(blobs)).toEqual(["ahead/ids", "ahead/part-1", "late/ids", "late/part-1"]);
});

test.each([
  { what: "there is too little of it", text: lines(1_000) },
  {
    what: "it isn't wanted",
    text: lines(4_000),
    options: { isWanted: async () => Promise.resolve(false) },
  },
])("nothing is left where $what", async ({ text, ...options }) => {
  await using bed = await createDiskBed();
  const { ahead, plan, cut } = await see({ blobs: bed.store, text, ...options });
  expect(await ahead.take(plan, cut)).toBeNull();
  expect(await keysOf(bed.store)).toEqual([]);
});

test("nothing is left where all lines together call for another plan than the first", async () => {
  await using bed = await createDiskBed();
  const { ahead, plan, cut } = await see({ blobs: bed.store, text: lines(4_000) });
  const map = plan.map === null ? null : ({ ...plan.map, mode: "strict" } as const);
  expect(await ahead.take({ ...plan, map }, cut)).toBeNull();
  expect(await keysOf(bed.store)).toEqual([]);
});

test.each([
  { what: "more lines go into a Part", guess: 2_000, lines: 3_000 },
  { what: "fewer lines go into a Part", guess: 2_000, lines: 1_000 },
])("nothing is left where $what than was thought", async ({ guess, lines: most }) => {
  await using bed = await createDiskBed();
  const options = { limits: { lines: guess, bytes: limits.maxBytes } };
  const { ahead, plan, cut } = await see({ blobs: bed.store, text: lines(4_000), options });
  const wanted = { ...cut, limits: { ...cut.limits, lines: most } };
  expect(await ahead.take(plan, wanted)).toBeNull();
  expect(await keysOf(bed.store)).toEqual([]);
});

test("one that is dropped after its request has gone leaves nothing either", async () => {
  await using bed = await createDiskBed();
  const controller = new AbortController();
  const { signal } = controller;
  const { ahead } = await see({ blobs: bed.store, text: lines(4_000), signal });
  await expect.poll(() => keysOf(bed.store)).toContain("ahead/ids");
  controller.abort();
  await ahead.drop();
  expect(await keysOf(bed.store)).toEqual([]);
});

test.each(["ahead/part-1", "ahead/ids"])(
  "one whose request goes while %s is stored leaves nothing either",
  async (key) => {
    await using bed = await createDiskBed();
    const controller = new AbortController();
    const { signal } = controller;
    const blobs = goingAfter(bed.store, key, controller);
    const { ahead } = await see({ blobs, text: lines(4_000), signal });
    await expect.poll(() => signal.aborted).toBe(true);
    await ahead.drop();
    expect(await keysOf(bed.store)).toEqual([]);
  },
);

test("one of two passes whose process loses its turn removes no more than its own either", async () => {
  await using bed = await createDiskBed();
  const text = lines(4_000);
  const kept = await see({ blobs: bed.store, text, options: { pass: "one" } });
  await kept.ahead.take(kept.plan, kept.cut);
  const controller = new AbortController();
  const { signal } = controller;
  const blobs = goingAfter(bed.store, "ahead/ids", controller);
  const lost = await see({ blobs, text, options: { pass: "two" }, signal });
  await expect.poll(() => signal.aborted).toBe(true);
  await lost.ahead.drop();
  expect(await keysOf(bed.store)).toEqual(["ahead/ids", "ahead/part-1-one"]);
});

/** The store, but whoever waits for it is gone once the key is stored. */
function goingAfter(store: BlobStore, key: string, controller: AbortController): BlobStore {
  const after = (each: string) => {
    if (each === key) controller.abort();
  };
  return {
    ...store,
    async put(each, content, signal) {
      const stored = await store.put(each, content, signal);
      after(each);
      return stored;
    },
    async putPiece(each, piece, signal) {
      const stored = await store.putPiece(each, piece, signal);
      after(each);
      return stored;
    },
  };
}

test("one of two passes drops no more than is its own: they share what maps ids back", async () => {
  await using bed = await createDiskBed();
  const { store: blobs } = bed;
  const text = lines(4_000);
  const kept = await see({ blobs, text, options: { pass: "one" } });
  const dropped = await see({ blobs, text, options: { pass: "two" } });
  const taken = await kept.ahead.take(kept.plan, kept.cut);
  await dropped.ahead.drop();
  expect(await keysOf(blobs)).toEqual(["ahead/ids", "ahead/part-1-one"]);
  expect(taken?.idsBlob).toMatchObject({ key: "ahead/ids" });
});

test("one that is dropped on the way leaves nothing, and takes no more", async () => {
  await using bed = await createDiskBed();
  const ahead = new LinesAhead(
    context(bed.store),
    { target, limits: { lines: 9_999, bytes: limits.maxBytes }, prefix: "ahead" },
    never,
  );
  const survey = new LineSurvey({ endpoint: null, idRule: null, maxLineBytes: 1_000_000 });
  const chunks = [...chunksOf(lines(4_000))];
  for (const chunk of chunks.slice(0, -9)) {
    survey.push(chunk);
    await ahead.push(chunk, survey);
  }
  await ahead.drop();
  for (const chunk of chunks.slice(-9)) await ahead.push(chunk, survey);
  ahead.end();
  expect(await keysOf(bed.store)).toEqual([]);
  expect(await bed.unfinished()).toEqual([]);
});

test.each([
  { what: "of this process alone", options: {}, isScratch: true },
  { what: "that another process may go on with", options: { pass: "one" }, isScratch: false },
])("pieces $what are scratch: $isScratch", async ({ options, isScratch }) => {
  await using bed = await createDiskBed();
  const asked: boolean[] = [];
  const blobs: BlobStore = {
    ...bed.store,
    putPiece: (key, piece, signal) => {
      asked.push(piece.isScratch);
      return bed.store.putPiece(key, piece, signal);
    },
  };
  const { ahead, plan, cut } = await see({ blobs, text: lines(6_000), options });
  expect(await ahead.take(plan, cut)).not.toBeNull();
  expect(asked).toEqual([isScratch]);
});

test("a store that refuses what is made ahead holds nobody up", async () => {
  await using bed = await createDiskBed();
  const blobs: BlobStore = {
    ...bed.store,
    putPiece: () => Promise.reject(new Error("full")),
  };
  const { ahead, plan, cut } = await see({ blobs, text: lines(8_000) });
  expect(await ahead.take(plan, cut)).toBeNull();
  expect(await keysOf(bed.store)).toEqual([]);
});

async function* toStream(text: string): AsyncGenerator<Uint8Array> {
  for (const chunk of chunksOf(text)) yield await Promise.resolve(chunk);
}
