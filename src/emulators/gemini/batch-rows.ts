import { readSync } from "node:fs";
import type { LinePlans, LineReply } from "../line-plans.ts";
import type { Work } from "./answers/answer.ts";
import type { AnswerContext } from "./answers/generate.ts";
import { createDice } from "../dice.ts";
import type { BatchRecord, BatchWork } from "./batch-record.ts";
import type { Json, JsonObject } from "./json.ts";
import { objectOf, parseJson, textOf } from "./json.ts";
import { readObject } from "./proto-json.ts";
import { errorOfStatus, renderStatus, StatusError } from "./status-error.ts";

export interface RowHost {
  readonly plans: LinePlans;
  readonly seed: number;
  readonly workOf: (batch: BatchRecord) => Work;
  readonly context: (batch: BatchRecord) => AnswerContext;
}

/** Runs the batch's next line. Answers and failures go into the same output, in the order of the input. */
export async function runRow(batch: BatchRecord, work: BatchWork, host: RowHost): Promise<void> {
  const line = readLine(work);
  const number = work.next + 1;
  const key = textOf(line["key"] ?? objectOf(line["metadata"])["key"]);
  const plan = host.plans.planFor(number, key);
  const result = plan.fail === null ? answerRow(batch, line, host) : plannedResult(plan.fail);
  work.next = number;
  if (result["response"] === undefined) batch.failed += 1;
  else batch.succeeded += 1;
  if (plan.omit) return;
  const row = `${JSON.stringify(mixed(line, result, `${host.seed}:${number}`))}\n`;
  await work.output.write(row);
  if (plan.duplicate) await work.output.write(row);
}

function readLine(work: BatchWork): JsonObject {
  const length = work.table.lengths[work.next] ?? 0;
  const bytes = Buffer.allocUnsafe(length);
  readSync(work.input, bytes, 0, length, work.table.offsets[work.next] ?? 0);
  return objectOf(parseJson(bytes.toString("utf8")));
}

function answerRow(batch: BatchRecord, line: JsonObject, host: RowHost): JsonObject {
  const { request, answer } = host.workOf(batch);
  try {
    const asked = readObject(request, line["request"] ?? null, "request");
    return { response: answer(asked, host.context(batch)) };
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    return { error: renderStatus(error) };
  }
}

function plannedResult(planned: LineReply): JsonObject {
  const { status } = planned;
  const isFine = status >= 200 && status < 300;
  const body: unknown = planned.body ?? (isFine ? {} : renderStatus(errorOfStatus(status)));
  const copied: Json = parseJson(JSON.stringify(body));
  return isFine ? { response: copied } : { error: copied };
}

/** What says which line it was comes before the result or after it: a reader can't count on either. */
function mixed(line: JsonObject, result: JsonObject, seed: string): JsonObject {
  const { key, metadata } = line;
  const names = {
    ...(key === undefined ? {} : { key }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  return createDice(seed).roll(2) === 0 ? { ...names, ...result } : { ...result, ...names };
}
