import type { JournalEntry } from "../../../src/emulators/journal.ts";
import { specProblem } from "../../support/specs.ts";

const OPERATIONS = [
  ["CreateModelInvocationJob", "POST", /^\/model-invocation-job$/],
  ["ListModelInvocationJobs", "GET", /^\/model-invocation-jobs$/],
  ["GetModelInvocationJob", "GET", /^\/model-invocation-job\/(?<jobIdentifier>[^/]+)$/],
  ["StopModelInvocationJob", "POST", /^\/model-invocation-job\/(?<jobIdentifier>[^/]+)\/stop$/],
] as const;

/** What is wrong with a call about jobs by AWS's own model of them; null if nothing is. Nothing undocumented may be sent. */
export function requestViolation({ method, path, query, body }: JournalEntry): string | null {
  for (const [operation, verb, pattern] of OPERATIONS) {
    const match = pattern.exec(path);
    if (verb !== method || match === null) continue;
    const members = {
      ...(body === null ? {} : JSON.parse(body)),
      ...mapValues(match.groups ?? {}, decodeURIComponent),
      ...mapValues(Object.fromEntries(new URLSearchParams(query)), toMember),
    };
    const problem = specProblem("bedrock-jobs", `${operation}Request`, members);
    return problem === null ? null : `${method} ${path}?${query}: ${problem}`;
  }
  return `AWS knows no ${method} ${path}`;
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
