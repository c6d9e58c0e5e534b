import { readSync } from "node:fs";
import type { LinePlans, LineReply } from "../line-plans.ts";
import { ApiError, errorOfStatus, renderError } from "./api-error.ts";
import type { AnswerContext } from "./answers/answer.ts";
import { answerOf } from "./answers/answer.ts";
import type { BatchRecord, BatchUsage, BatchWork } from "./batch-record.ts";
import type { FileStore } from "./file-store.ts";
import type { Json, JsonObject } from "../json.ts";
import { isJsonObject, numberOf, parseJson } from "../json.ts";
import { newId } from "./new-id.ts";

export interface LineHost {
  readonly store: FileStore;
  readonly plans: LinePlans;
  readonly context: (batch: BatchRecord) => AnswerContext;
}

/** Runs the batch's next line: a 2xx goes to the output file, everything else to the error file. */
export async function runLine(batch: BatchRecord, work: BatchWork, host: LineHost): Promise<void> {
  const { number, customId, body } = readLine(work);
  const plan = host.plans.planFor(number, customId);
  const { status, reply } =
    plan.fail === null ? answerLine(batch, body, host) : plannedFailure(plan.fail);
  const succeeded = status >= 200 && status < 300;
  work.next += 1;
  if (succeeded) {
    batch.completed += 1;
    addUsage(batch.usage, reply);
  } else {
    batch.failed += 1;
  }
  if (plan.omit) return;
  const row = resultRow(customId, {
    response: { status_code: status, request_id: newId("req_", 32), body: reply },
    error: null,
  });
  await writeRow(row, { succeeded, work, host });
  if (plan.duplicate) await writeRow(row, { succeeded, work, host });
}

/** Writes the row of a line that is never run. */
export async function skipLine(work: BatchWork, host: LineHost, error: JsonObject): Promise<void> {
  const { customId } = readLine(work);
  work.next += 1;
  const row = resultRow(customId, { response: null, error });
  await writeRow(row, { succeeded: false, work, host });
}

interface Line {
  readonly number: number;
  readonly customId: string;
  readonly body: JsonObject;
}

function readLine(work: BatchWork): Line {
  const position = work.order[work.next] ?? 0;
  const length = work.table.lengths[position] ?? 0;
  const bytes = Buffer.allocUnsafe(length);
  readSync(work.input, bytes, 0, length, work.table.offsets[position] ?? 0);
  const value = parseJson(bytes.toString("utf8"));
  const line = isJsonObject(value) ? value : {};
  const { custom_id: customId, body } = line;
  return {
    number: position + 1,
    customId: typeof customId === "string" ? customId : "",
    body: isJsonObject(body) ? body : {},
  };
}

interface LineAnswer {
  readonly status: number;
  readonly reply: Json;
}

function answerLine(batch: BatchRecord, body: JsonObject, host: LineHost): LineAnswer {
  try {
    return { status: 200, reply: answerOf(batch.endpoint)(body, host.context(batch)) };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { status: error.status, reply: { ...renderError(error) } };
  }
}

function plannedFailure(planned: LineReply): LineAnswer {
  const reply: unknown = planned.body ?? renderError(errorOfStatus(planned.status));
  return { status: planned.status, reply: parseJson(JSON.stringify(reply)) };
}

function resultRow(customId: string, result: JsonObject): string {
  return `${JSON.stringify({ id: newId("batch_req_"), custom_id: customId, ...result })}\n`;
}

interface RowPlace {
  readonly succeeded: boolean;
  readonly work: BatchWork;
  readonly host: LineHost;
}

async function writeRow(row: string, place: RowPlace): Promise<void> {
  const { work, host } = place;
  if (place.succeeded) {
    work.output ??= host.store.write();
    await work.output.write(row);
  } else {
    work.errors ??= host.store.write();
    await work.errors.write(row);
  }
}

/** The same four names for every endpoint, though chat says prompt and completion. */
function addUsage(sum: BatchUsage, reply: Json): void {
  const usage = isJsonObject(reply) ? reply["usage"] : undefined;
  if (!isJsonObject(usage)) return;
  const inputs = usage["input_tokens_details"] ?? usage["prompt_tokens_details"];
  const outputs = usage["output_tokens_details"] ?? usage["completion_tokens_details"];
  sum.input += numberOf(usage["input_tokens"] ?? usage["prompt_tokens"], 0);
  sum.output += numberOf(usage["output_tokens"] ?? usage["completion_tokens"], 0);
  sum.cached += isJsonObject(inputs) ? numberOf(inputs["cached_tokens"], 0) : 0;
  sum.reasoning += isJsonObject(outputs) ? numberOf(outputs["reasoning_tokens"], 0) : 0;
}
