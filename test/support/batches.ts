import type OpenAI from "openai";
import { toFile } from "openai";
import { expect } from "vitest";

type Batch = OpenAI.Batches.Batch;

/** Chat lines with the ids `line-1`, `line-2`, … */
export function chatLines(count: number, model = "gpt-4o-mini"): string {
  return Array.from({ length: count }, (_, number) =>
    chatLine(`line-${number + 1}`, { model }),
  ).join("\n");
}

export function chatLine(customId: string, body: object = {}): string {
  return JSON.stringify({
    custom_id: customId,
    method: "POST",
    url: "/v1/chat/completions",
    body: {
      model: "gpt-4o-mini",
      messages: [{ role: "user", content: `Say ${customId}.` }],
      ...body,
    },
  });
}

export async function uploadLines(
  client: OpenAI,
  text: string,
  extra: object = {},
): Promise<OpenAI.Files.FileObject> {
  return client.files.create({
    file: await toFile(Buffer.from(text), "input.jsonl"),
    purpose: "batch",
    ...extra,
  });
}

export function createBatch(
  client: OpenAI,
  inputFileId: string,
  extra: object = {},
): Promise<Batch> {
  return client.batches.create({
    input_file_id: inputFileId,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    ...extra,
  });
}

export async function waitForEnd(client: OpenAI, id: string): Promise<Batch> {
  return waitFor(client, id, (batch) =>
    ["completed", "failed", "expired", "cancelled"].includes(batch.status),
  );
}

export async function waitFor(
  client: OpenAI,
  id: string,
  isReached: (batch: Batch) => boolean,
): Promise<Batch> {
  const until = performance.now() + 25_000;
  for (;;) {
    const batch = await client.batches.retrieve(id);
    if (isReached(batch)) return batch;
    expect(performance.now(), `batch ${id} is still ${batch.status}`).toBeLessThan(until);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

interface ResultLine {
  readonly custom_id: string;
  readonly response: {
    readonly status_code: number;
    readonly body: Record<string, unknown>;
  } | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export async function readLines(
  client: OpenAI,
  fileId: string | null | undefined,
): Promise<readonly ResultLine[]> {
  if (fileId === null || fileId === undefined) return [];
  const text = await (await client.files.content(fileId)).text();
  expect(text.endsWith("\n")).toBe(true);
  return text
    .slice(0, -1)
    .split("\n")
    .map((line) => JSON.parse(line) as ResultLine);
}
