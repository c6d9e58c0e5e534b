import type { JournalEntry } from "../../../src/emulators/journal.ts";
import { type SpecName, specProblem } from "../../support/specs.ts";

interface Operation {
  readonly call: RegExp;
  readonly spec: SpecName;
  /** Null: the body is the model's own. */
  readonly schema: string | null;
}

const JOB = String.raw`/model-invocation-job/(?<jobIdentifier>[^/]+)`;
const MODEL = String.raw`POST /model/[^/]+`;

const OPERATIONS: readonly Operation[] = [
  of("POST /model-invocation-job", "bedrock-jobs", "CreateModelInvocationJobRequest"),
  of("GET /model-invocation-jobs", "bedrock-jobs", "ListModelInvocationJobsRequest"),
  of(`GET ${JOB}`, "bedrock-jobs", "GetModelInvocationJobRequest"),
  of(`POST ${JOB}/stop`, "bedrock-jobs", "StopModelInvocationJobRequest"),
  of(`${MODEL}/converse`, "bedrock", "ConverseRequest"),
  of(`${MODEL}/converse-stream`, "bedrock", "ConverseRequest"),
  of(`${MODEL}/invoke`, "bedrock", null),
  of(`${MODEL}/count-tokens`, "bedrock", "CountTokensRequest"),
  of(`${MODEL}/invoke-with-response-stream`, "bedrock", null),
];

/** What is wrong with a call by AWS's own models of its APIs; null if nothing is. Nothing undocumented may be sent. */
export function requestViolation({ method, path, query, body }: JournalEntry): string | null {
  const call = `${method} ${path}`;
  const operation = OPERATIONS.find((each) => each.call.test(call));
  if (operation === undefined) return `AWS knows no ${call}`;
  if (operation.schema === null) return query === "" ? null : `${call} takes no ?${query}`;
  const members = {
    ...(body === null ? {} : JSON.parse(body)),
    ...mapValues(operation.call.exec(call)?.groups ?? {}, decodeURIComponent),
    ...mapValues(Object.fromEntries(new URLSearchParams(query)), toMember),
  };
  const problem = specProblem(operation.spec, operation.schema, members);
  return problem === null ? null : `${call}?${query}: ${problem}`;
}

function of(pattern: string, spec: SpecName, schema: string | null): Operation {
  return { call: new RegExp(`^${pattern}$`), spec, schema };
}

function mapValues<Value>(
  values: Readonly<Record<string, string>>,
  map: (value: string) => Value,
): Record<string, Value> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value)]));
}

function toMember(value: string): string | number {
  return /^\d+$/.test(value) ? Number(value) : value;
}
