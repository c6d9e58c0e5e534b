import type Anthropic from "@anthropic-ai/sdk";
import { expect } from "vitest";
import type { BatchControl } from "../../src/emulators/batch-control.ts";
import type { Control } from "../../src/emulators/control.ts";

type Batches = Anthropic["messages"]["batches"];
export type MessageBatch = Anthropic.Messages.MessageBatch;
export type MessageRow = Anthropic.Messages.MessageBatchIndividualResponse;
export type MessageRequest = Anthropic.Messages.BatchCreateParams.Request;

/** Both have the same calls. */
export const NAMESPACES = {
  stable: (client: Anthropic): Batches => client.messages.batches,
  beta: (client: Anthropic) => client.beta.messages.batches as Batches,
} as const;

/** Requests with the ids `line-1`, `line-2`, … */
export function messageRequests(count: number, model: string): MessageRequest[] {
  return Array.from({ length: count }, (_, number) => messageRequest(`line-${number + 1}`, model));
}

export function messageRequest(
  customId: string,
  model: string,
  params: object = {},
): MessageRequest {
  return {
    custom_id: customId,
    params: {
      model,
      max_tokens: 100,
      messages: [{ role: "user", content: `Say ${customId}.` }],
      ...params,
    },
  };
}

export function idsOf(rows: readonly { readonly custom_id: string }[]): readonly string[] {
  return rows.map((row) => row.custom_id).sort();
}

export async function waitUntilEnded(batches: Batches, id: string): Promise<MessageBatch> {
  const until = performance.now() + 50_000;
  for (;;) {
    const batch = await batches.retrieve(id);
    if (batch.processing_status === "ended") return batch;
    expect(performance.now(), `${id} is still ${batch.processing_status}`).toBeLessThan(until);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}

export async function readRows(batches: Batches, id: string): Promise<readonly MessageRow[]> {
  const rows: MessageRow[] = [];
  for await (const row of await batches.results(id)) rows.push(row);
  return rows;
}

/** The job that the last batch was made into, at its provider. */
export function lastJob({ control }: { readonly control: BatchControl }): string {
  const id = control.batches().at(-1)?.id;
  if (id === undefined) throw new Error("no job was ever made");
  return id;
}

/** Cancelling reaches the provider after the client has its answer: until then its job could still run to its end. */
export async function untilCancelled(
  { control }: { readonly control: Control },
  jobs: number,
): Promise<void> {
  const arrived = () =>
    control
      .journal()
      .filter(({ path, status }) => /[:/](?:cancel|stop)$/.test(path) && status === 200);
  await expect.poll(() => arrived().length, { timeout: 20_000 }).toBeGreaterThanOrEqual(jobs);
}
