import type { DialectServices } from "../../core/dialect.ts";
import { requestKey } from "../../lib/request-key.ts";
import { type Callers, createCallers } from "../callers.ts";
import { createRequestReader } from "../request-reader.ts";
import type { Wording } from "../wording.ts";
import { invalidValue, missingParameter, notAnObject, unknownParameter } from "./errors.ts";
import { FACTS } from "./facts.ts";
import { check } from "./validation.ts";

export const WORDING: Wording = {
  check,
  missing: missingParameter,
  unknown: unknownParameter,
  invalid: invalidValue,
  notAnObject,
};

const reader = createRequestReader(WORDING);

export const { readQuery, readFields, readBody, providerOfBody } = reader;

export function openaiCallers({ identify }: Pick<DialectServices, "identify">): Callers {
  return createCallers({
    identify,
    facts: FACTS,
    wording: WORDING,
    reader,
    keyOf: ({ headers }) => requestKey(headers, ["authorization", "x-api-key", "x-goog-api-key"]),
  });
}
