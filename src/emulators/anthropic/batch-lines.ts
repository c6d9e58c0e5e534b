import { readSync } from "node:fs";
import type { LinePlans, LineReply } from "../line-plans.ts";
import { ApiError, badRequest, errorOfStatus, renderError } from "./api-error.ts";
import type { AnswerContext } from "./answers/message.ts";
import { answerMessage } from "./answers/message.ts";
import type { BatchRecord, BatchWork, ResultType } from "./batch-record.ts";
import type { JsonObject } from "../json.ts";
import { isJsonObject, numberOf, parseJson } from "../json.ts";

export interface LineHost {
  readonly plans: LinePlans;
  readonly context: (batch: BatchRecord) => AnswerContext;
}

/** Runs the batch's next request and writes its row. */
export async function runLine(batch: BatchRecord, host: LineHost, work: BatchWork): Promise<void> {
  const { number, customId, params } = readLine(work);
  const plan = host.plans.planFor(number, customId);
  const result =
    plan.fail === null ? answerLine(params, host.context(batch)) : plannedResult(plan.fail);
  work.next += 1;
  batch.counts[result.type] += 1;
  if (plan.omit) return;
  const row = rowOf(customId, result);
  await work.results.write(plan.duplicate ? row + row : row);
}

/** Writes the row of a request that is never run. */
export async function skipLine(
  batch: BatchRecord,
  type: "canceled" | "expired",
  work: BatchWork,
): Promise<void> {
  const customId = work.input.ids[work.order[work.next] ?? 0] ?? "";
  work.next += 1;
  batch.counts[type] += 1;
  await work.results.write(rowOf(customId, { type }));
}

interface Line {
  readonly number: number;
  readonly customId: string;
  readonly params: JsonObject;
}

function readLine(work: BatchWork): Line {
  const position = work.order[work.next] ?? 0;
  const { offsets, lengths } = work.input;
  const length = lengths[position] ?? 0;
  const bytes = Buffer.allocUnsafe(length);
  readSync(work.handle, bytes, 0, length, offsets[position] ?? 0);
  const value = parseJson(bytes.toString("utf8"));
  const { custom_id: customId, params } = isJsonObject(value) ? value : {};
  return {
    number: position + 1,
    customId: typeof customId === "string" ? customId : "",
    params: isJsonObject(params) ? params : {},
  };
}

type Result = JsonObject & { readonly type: ResultType };

function answerLine(params: JsonObject, context: AnswerContext): Result {
  try {
    checkForBatch(params);
    return { type: "succeeded", message: answerMessage(params, context) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return errored(renderError(error, null));
  }
}

/** What a call of its own may ask for and a batch may not. */
function checkForBatch(params: JsonObject): void {
  if (params["stream"] === true) {
    throw badRequest('"stream=True" is not supported in the Message Batches API');
  }
  if (numberOf(params["max_tokens"], 1) < 1) {
    throw badRequest("max_tokens: must be greater than or equal to 1");
  }
}

function plannedResult(planned: LineReply): Result {
  return errored(planned.body ?? renderError(errorOfStatus(planned.status), null));
}

function errored(error: unknown): Result {
  return { type: "errored", error: parseJson(JSON.stringify(error)) };
}

function rowOf(customId: string, result: Result): string {
  return `${JSON.stringify({ custom_id: customId, result })}\n`;
}
