import { expect, test } from "vitest";
import { prepareLines, THREAD_BYTES } from "../../src/lines/prepare.ts";
import { LineSurvey } from "../../src/lines/survey.ts";
import { planLines, type Target } from "../../src/lines/target.ts";
import { createDiskBed } from "../storage/blobs/disk.bed.ts";

const never = new AbortController().signal;
const limits = { minLines: 1, maxLines: 99_999, maxBytes: 2e8, oneModel: true, windowHours: 24 };
const target: Target = {
  provider: { format: "gemini", modelPrefix: "gemini", hasBatches: true, limits },
  endpoint: "/v1/embeddings",
  model: null,
  variant: null,
  mode: "warn",
};

/** One that asks for several embeddings becomes several lines, and their ids say which of how many they are. */
function embeddings(count: number, texts: number): string {
  return Array.from({ length: count }, (_, index) => {
    const input = Array.from({ length: texts }, (__, place) => `text ${place}`);
    const body = { model: "gemini-embedding-001", input };
    return `${JSON.stringify({ custom_id: `id-${index}`, method: "POST", url: "/v1/embeddings", body })}\n`;
  }).join("");
}

async function prepare(
  text: string,
  {
    bytes,
    keeps,
  }: { readonly bytes: number; readonly keeps: readonly (((row: number) => boolean) | null)[] },
) {
  await using bed = await createDiskBed();
  const survey = new LineSurvey({ endpoint: null, idRule: null, maxLineBytes: 1e6 });
  survey.push(Buffer.from(text));
  const planned = planLines(survey.end(), target);
  if (planned.kind === "refused") throw new Error(JSON.stringify(planned.errors));
  const size = { lines: limits.maxLines, bytes: limits.maxBytes };
  return await prepareLines(
    { blobs: bed.store, maxLineBytes: 1e6 },
    {
      bytes,
      groups: keeps.map((keep) => ({ plan: planned.plan, limits: size, keep })),
      format: "gemini",
      mode: "warn",
      openInput: () => Promise.resolve(chunks(text)),
      prefix: "prepared",
    },
    never,
  );
}

async function* chunks(text: string) {
  yield await Promise.resolve(Buffer.from(text));
}

test.each([
  { where: "here", bytes: 0, keeps: [null] },
  { where: "in another thread", bytes: THREAD_BYTES, keeps: [null] },
  {
    where: "for several models",
    bytes: THREAD_BYTES,
    keeps: [(row: number) => row < 3, (row: number) => row >= 3],
  },
])(
  "ids that were made for pieces are remembered, though their table is empty: $where",
  async (how) => {
    const split = await prepare(embeddings(6, 4), how);
    expect(split.pieces.reduce((sum, { lines }) => sum + lines, 0)).toBe(24);
    expect(split.idsBlob).toMatchObject({ key: "prepared/ids", bytes: 0 });
    const whole = await prepare(embeddings(6, 1), how);
    expect(whole.pieces.reduce((sum, { lines }) => sum + lines, 0)).toBe(6);
    expect(whole.idsBlob).toBeNull();
  },
);
