import type OpenAI from "openai";
import { expect, vi } from "vitest";
import {
  chatLines,
  createBatch,
  readLines,
  uploadLines,
  waitForEnd,
} from "../../support/batches.ts";
import { BUCKET, MODELS, type ProviderName, REGION, type World } from "../../support/world.ts";

type Batch = OpenAI.Batches.Batch;

/** As the mission's examples name a provider, and where its files lie. */
export function at(provider: ProviderName, prefix = "inputs") {
  if (provider !== "bedrock") return { provider };
  return { provider, storage_config: { s3: { bucket: BUCKET, region: REGION, prefix } } };
}

/** Too few for a batch job at Bedrock, where they are run one by one; enough for one. */
export const COUNTS = [2, 120] as const;

/** Uploads lines for a provider, makes a batch of them and waits for its end. */
export async function runLines(
  world: World,
  provider: ProviderName,
  { text, ...extra }: { readonly text: string; readonly [field: string]: unknown },
): Promise<Batch> {
  const client = world.openai();
  const file = await uploadLines(client, text, at(provider));
  const batch = await createBatch(client, file.id, { provider, ...extra });
  return waitForEnd(client, batch.id);
}

export function linesFor(provider: ProviderName, count: number): string {
  return chatLines(count, MODELS[provider]);
}

/** Both files of a batch: each id once, and how each line ended, as `line-1`: 200, or the code of its error. */
export async function endingsOf(
  client: OpenAI,
  batch: Batch,
): Promise<Readonly<Record<string, number | string>>> {
  const output = await readLines(client, batch.output_file_id);
  const errors = await readLines(client, batch.error_file_id);
  const lines = [...output, ...errors];
  expect(new Set(lines.map((line) => line.custom_id)).size).toBe(lines.length);
  for (const line of output)
    expect(line).toMatchObject({ error: null, response: { status_code: 200 } });
  return Object.fromEntries(
    lines.map(({ custom_id: id, response, error }) => [
      id,
      error?.code ?? response?.status_code ?? "nothing",
    ]),
  );
}

/** Waits until a provider has answered calls at such paths, about so many objects. */
export async function waitForCalls(
  world: World,
  provider: ProviderName,
  wanted: { readonly path: RegExp; readonly objects: number },
): Promise<void> {
  const { control } = world.emulators[provider];
  const answered = () => {
    const calls = control.journal().filter(({ path, status }) => wanted.path.test(path) && status);
    return new Set(calls.map(({ path }) => path)).size;
  };
  await vi.waitFor(() => expect(answered()).toBeGreaterThanOrEqual(wanted.objects), 20_000);
}

/** Of calls that cancel a job. */
export const CANCELS = /(?:[/:]cancel|\/stop)$/;
