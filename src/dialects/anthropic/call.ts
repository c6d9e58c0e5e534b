import type { FastifyRequest } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import { requestKey } from "../../lib/request-key.ts";
import { type Callers, createCallers } from "../callers.ts";
import { createRequestReader } from "../request-reader.ts";
import { invalid, shorten } from "./errors.ts";
import { FACTS } from "./facts.ts";
import { WORDING } from "./validation.ts";

const reader = createRequestReader(WORDING);

export const { readQuery, readFields, providerOfBody } = reader;

export function anthropicCallers({ identify }: Pick<DialectServices, "identify">): Callers {
  return createCallers({ identify, facts: FACTS, wording: WORDING, reader, keyOf });
}

/** Python's SDK and older ones of TypeScript send `x-api-key`, newer ones a bearer. */
function keyOf({ headers }: FastifyRequest): string | null {
  return requestKey(headers, ["x-api-key", "authorization", "x-goog-api-key"]);
}

/** https://platform.claude.com/docs/en/api/versioning */
const VERSIONS: ReadonlySet<string> = new Set(["2023-06-01", "2026-10-21"]);

/** Anthropic demands it of every call; what it means for a request's parameters is for the provider to say. */
export function checkVersion({ headers }: FastifyRequest): void {
  const version = [headers["anthropic-version"] ?? ""].flat().join(", ");
  if (version === "") throw invalid("anthropic-version", "header is required");
  if (VERSIONS.has(version)) return;
  throw invalid("anthropic-version", `"${shorten(version)}" is not a valid version`);
}
