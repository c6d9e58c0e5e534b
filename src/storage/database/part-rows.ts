import type { JobRef, Part } from "../../core/batch.ts";
import type { Columns } from "./conditions.ts";
import { fromJson, toJson } from "./json-text.ts";
import type { PartRow } from "./schema.ts";

export function toPartRow(part: Part): PartRow;
export function toPartRow(part: Partial<Part>): Columns<PartRow>;
export function toPartRow(part: Partial<Part>): Columns<PartRow> {
  const { counts } = part;
  return {
    id: part.id,
    batch_id: part.batchId,
    number: part.number,
    owner: part.owner,
    account: part.account,
    dialect: part.dialect,
    provider: part.provider,
    endpoint: part.endpoint,
    model: part.model,
    models_json: part.models && toJson(part.models),
    mode: part.mode,
    price_tier: part.priceTier,
    phase: part.phase,
    first_line: part.firstLine,
    lines: part.lines,
    bytes: part.bytes,
    input_native_id: part.inputNativeId,
    job_id: part.job && part.job.id,
    job_data_json: part.job && toJson(part.job.data),
    outcome: part.outcome,
    attempts: part.attempts,
    lines_total: counts?.total,
    lines_completed: counts?.completed,
    lines_failed: counts?.failed,
    usage_json: part.usage && toJson(part.usage),
    errors_json: part.errors && toJson(part.errors),
    warnings_json: part.warnings && toJson(part.warnings),
    results_json: part.results && toJson(part.results),
    options_json: part.options && toJson(part.options),
    created_at: part.createdAt,
    submitting_at: part.submittingAt,
    submitted_at: part.submittedAt,
    ended_at: part.endedAt,
    collected_at: part.collectedAt,
    version: part.version,
  };
}

export function toPart(row: PartRow): Part {
  return {
    id: row.id,
    batchId: row.batch_id,
    number: row.number,
    owner: row.owner,
    account: row.account,
    dialect: row.dialect,
    provider: row.provider,
    endpoint: row.endpoint,
    model: row.model,
    models: fromJson(row.models_json),
    mode: row.mode,
    priceTier: row.price_tier,
    phase: row.phase,
    firstLine: row.first_line,
    lines: row.lines,
    bytes: row.bytes,
    inputNativeId: row.input_native_id,
    job: toJob(row),
    outcome: row.outcome,
    attempts: row.attempts,
    counts: {
      total: row.lines_total,
      completed: row.lines_completed,
      failed: row.lines_failed,
    },
    usage: row.usage_json === null ? null : fromJson(row.usage_json),
    errors: fromJson(row.errors_json),
    warnings: fromJson(row.warnings_json),
    results: fromJson(row.results_json),
    options: fromJson(row.options_json),
    createdAt: row.created_at,
    submittingAt: row.submitting_at,
    submittedAt: row.submitted_at,
    endedAt: row.ended_at,
    collectedAt: row.collected_at,
    version: row.version,
  };
}

function toJob({ job_id, job_data_json }: PartRow): JobRef | null {
  return job_id === null || job_data_json === null
    ? null
    : { id: job_id, data: fromJson(job_data_json) };
}
