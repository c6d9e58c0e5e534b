import type { IncomingMessage } from "node:http";
import type { ApiError } from "./api-error.ts";
import { badRequest, tooLarge } from "./api-error.ts";
import { createBatchBodyCutter } from "./batch-body.ts";
import { parseBody } from "./call.ts";
import type { Json } from "../json.ts";
import { isJsonObject } from "../json.ts";
import type { AnthropicLimits } from "./limits.ts";
import type { Spool, SpoolWriter } from "./spool.ts";

/** The requests of a batch on disk, and where each lies. */
export interface BatchInput {
  readonly path: string;
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
  writer: SpoolWriter,
  request: IncomingMessage,
  host: IntakeHost,
): Promise<BatchInput> {
  const { limits } = host;
  const check = createEnvelopeCheck(limits);
  const offsets: number[] = [];
  const lengths: number[] = [];
  const cutter = createBatchBodyCutter({
    list: check.list,
    member: check.member,
    item: (source) => {
      if (!check.item(source)) return undefined;
      offsets.push(writer.bytes());
      lengths.push(source.length);
      return writer.write(source);
    },
  });
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) continue;
    bytes += chunk.length;
    if (bytes > limits.batchBytes) throw tooLarge();
    await cutter.push(chunk);
  }
  cutter.end();
  const problem = check.problem();
  if (problem !== null) throw problem;
  await writer.end();
  return { path: writer.path, offsets, lengths };
}

/** A body that isn't JSON to its end counts before everything else, so a problem waits until the end is reached. */
function createEnvelopeCheck(limits: AnthropicLimits) {
  const ids = new Set<string>();
  let count = 0;
  let hasList = false;
  let firstProblem: string | null = null;
  let duplicate: string | null = null;
  const report = (problem: string | null) => {
    firstProblem ??= problem;
  };
  return {
    list: () => {
      hasList = true;
    },
    member: (name: string, value: Json) => {
      if (name !== "requests") report(`${name}: Extra inputs are not permitted`);
      else if (!Array.isArray(value)) report("requests: Input should be a valid list");
      hasList = hasList || name === "requests";
    },
    /** Returns whether the request may be kept. */
    item: (source: Buffer): boolean => {
      const value = parseBody(source);
      report(envelopeProblem(value, `requests.${count}`));
      count += 1;
      const id = isJsonObject(value) ? value["custom_id"] : undefined;
      if (typeof id === "string" && count <= limits.batchRequests) {
        if (ids.has(id)) duplicate ??= id;
        ids.add(id);
      }
      return firstProblem === null && duplicate === null && count <= limits.batchRequests;
    },
    problem: (): ApiError | null => {
      if (!hasList) report("requests: Field required");
      else if (count === 0) {
        report("requests: List should have at least 1 item after validation, not 0");
      } else if (count > limits.batchRequests) {
        report(
          `requests: List should have at most ${limits.batchRequests} items after validation, not ${count}`,
        );
      }
      if (duplicate !== null) {
        report(
          `requests: custom_id's must be unique within a batch. Duplicate custom_id found: ${duplicate}`,
        );
      }
      return firstProblem === null ? null : badRequest(firstProblem);
    },
  };
}

const ENVELOPE_KEYS = new Set(["custom_id", "params"]);
const MAX_ID_CHARACTERS = 64;

function envelopeProblem(value: Json, path: string): string | null {
  if (!isJsonObject(value)) return `${path}: Input should be a valid dictionary`;
  const { custom_id: id, params } = value;
  const idProblem = customIdProblem(id);
  if (idProblem !== null) return `${path}.custom_id: ${idProblem}`;
  if (params === undefined) return `${path}.params: Field required`;
  if (!isJsonObject(params)) return `${path}.params: Input should be a valid dictionary`;
  const extra = Object.keys(value).find((key) => !ENVELOPE_KEYS.has(key));
  return extra === undefined ? null : `${path}.${extra}: Extra inputs are not permitted`;
}

function customIdProblem(id: Json | undefined): string | null {
  if (id === undefined) return "Field required";
  if (typeof id !== "string") return "Input should be a valid string";
  if (id === "") return "String should have at least 1 character";
  if (id.length > MAX_ID_CHARACTERS) {
    return `String should have at most ${MAX_ID_CHARACTERS} characters`;
  }
  return /^[a-zA-Z0-9_-]{1,64}$/.test(id)
    ? null
    : "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'";
}
