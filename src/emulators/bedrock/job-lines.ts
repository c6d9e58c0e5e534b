import { readSync } from "node:fs";
import type { JsonObject } from "../json.ts";
import { isJsonObject, parseJson, shown } from "../json.ts";
import type { LinePlans, LineReply } from "../line-plans.ts";
import { answer } from "./answers/answer.ts";
import type { Answer, Asked } from "./answers/reply.ts";
import { BedrockError, errorOfStatus } from "./bedrock-error.ts";
import type { JobRecord, JobWork } from "./job-record.ts";

export interface LineHost {
  readonly plans: LinePlans;
  readonly minCharacters: number;
}

/** Runs the job's next record. Answers and failures go into the same output. */
export async function runRecord(job: JobRecord, work: JobWork, host: LineHost): Promise<void> {
  const index = work.order[work.next] ?? 0;
  const record = readRecord(work, index);
  const number = index + 1;
  const recordId = record["recordId"] ?? `CALL${String(number).padStart(7, "0")}`;
  const modelInput = isJsonObject(record["modelInput"]) ? record["modelInput"] : {};
  const plan = host.plans.planFor(number, shown(recordId));
  const result =
    plan.fail === null ? runModel(modelInput, job, host.minCharacters) : plannedResult(plan.fail);
  work.next += 1;
  if (result.isFine) job.succeeded += 1;
  else job.failed += 1;
  job.inputTokens += result.tokens.input;
  job.outputTokens += result.tokens.output;
  if (plan.omit) return;
  const row = `${JSON.stringify({ recordId, modelInput, ...result.row })}\n`;
  const output = work.outputs[work.table.files[index] ?? 0]?.file;
  await output?.write(row);
  if (plan.duplicate) await output?.write(row);
}

function readRecord({ input, table }: JobWork, index: number): JsonObject {
  const length = table.lengths[index] ?? 0;
  const bytes = Buffer.allocUnsafe(length);
  readSync(input, bytes, 0, length, table.offsets[index] ?? 0);
  const record = parseJson(bytes.toString("utf8"));
  return isJsonObject(record) ? record : {};
}

interface Result {
  readonly isFine: boolean;
  readonly row: JsonObject;
  readonly tokens: Answer["tokens"];
}

const NO_TOKENS = { input: 0, output: 0 };

function runModel(body: JsonObject, job: JobRecord, minCharacters: number): Result {
  const asked: Asked = {
    model: job.model,
    api: job.isConverse ? "converse" : "invoke",
    inBatch: true,
    minCharacters,
  };
  try {
    const { body: modelOutput, tokens } = answer(body, asked);
    return { isFine: true, row: { modelOutput }, tokens };
  } catch (error) {
    if (!(error instanceof BedrockError)) throw error;
    return failed(error);
  }
}

function failed(error: BedrockError): Result {
  const row = { error: { errorCode: error.status, errorMessage: error.message } };
  return { isFine: false, row, tokens: NO_TOKENS };
}

function plannedResult({ status, body }: LineReply): Result {
  const isFine = status >= 200 && status < 300;
  if (body === undefined && !isFine) return failed(errorOfStatus(status));
  const copied = parseJson(JSON.stringify(body ?? {}));
  return { isFine, row: isFine ? { modelOutput: copied } : { error: copied }, tokens: NO_TOKENS };
}
