import type { IncomingMessage } from "node:http";
import { tooLarge } from "./api-error.ts";
import { createBatchBodyCutter } from "./batch-body.ts";
import { createEnvelopeCheck } from "./batch-envelopes.ts";
import type { AnthropicLimits } from "./limits.ts";
import type { DiskWriter } from "../disk-writer.ts";
import type { Spool } from "./spool.ts";

/** The body of a create on disk, and where in it each request lies. */
export interface BatchInput {
  readonly path: string;
  readonly ids: readonly string[];
  readonly offsets: readonly number[];
  readonly lengths: readonly number[];
}

export interface IntakeHost {
  readonly spool: Spool;
  readonly limits: AnthropicLimits;
}

/**
 * Takes a create's body as it arrives. Only the envelopes are checked here: whatever is wrong with a request's `params` is told in
 * its row of the results.
 */
export async function readBatchInput(
  request: IncomingMessage,
  host: IntakeHost,
): Promise<BatchInput> {
  if (Number(request.headers["content-length"] ?? 0) > host.limits.batchBytes) throw tooLarge();
  const writer = host.spool.write();
  try {
    return await readInto(writer, request, host);
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

async function readInto(
  writer: DiskWriter,
  request: IncomingMessage,
  host: IntakeHost,
): Promise<BatchInput> {
  const { limits } = host;
  const check = createEnvelopeCheck(limits);
  const offsets: number[] = [];
  const lengths: number[] = [];
  let isKept = true;
  const cutter = createBatchBodyCutter({
    list: check.list,
    member: check.member,
    item: (source, offset) => {
      isKept = check.item(source);
      if (!isKept) return;
      offsets.push(offset);
      lengths.push(source.bytes.length);
    },
  });
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > limits.batchBytes) throw tooLarge();
    cutter.push(chunk);
    // The body as it came: to write each request by itself costs more than the few bytes between them.
    const pressure = isKept ? writer.write(chunk) : undefined;
    if (pressure !== undefined) await pressure;
  }
  cutter.end();
  const problem = check.problem();
  if (problem !== null) throw problem;
  await writer.end();
  return { path: writer.path, ids: check.ids(), offsets, lengths };
}
