import type { z } from "zod";
import type { DialectServices } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors.ts";
import { HashSet } from "../../lib/hash-set.ts";
import { createJsonArrayCutter, type CutBody } from "../../lib/json-array-cutter.ts";
import { JsonStreamError } from "../../lib/json-stream-error.ts";
import type { CreateIntake } from "../streamed-create.ts";
import { createEnvelopeCheck } from "./batch-envelope.ts";
import { invalid } from "./errors.ts";
import { batchFieldsSchema } from "./schemas.ts";
import { WORDING } from "./validation.ts";

export type BatchFields = z.output<typeof batchFieldsSchema>;

/** What is wrong is told at the end: first that the body isn't JSON, if it isn't. */
interface BatchIntake extends CreateIntake {
  /** After the end. */
  fields(): BatchFields;
}

/** What may stand beside the requests is a few names. */
const MAX_OTHER_BYTES = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

export function createBatchIntake(
  limits: Pick<DialectServices["limits"], "jsonDepth" | "lineBytes">,
): BatchIntake {
  const envelopes = createEnvelopeCheck(new HashSet());
  const cutter = createJsonArrayCutter(
    {
      key: "requests",
      maxDepth: limits.jsonDepth,
      maxElementBytes: limits.lineBytes,
      maxOtherBytes: MAX_OTHER_BYTES,
    },
    envelopes,
  );
  let fields: BatchFields = {};
  return {
    push(chunk) {
      const lines = refusing(() => cutter.push(chunk));
      return envelopes.problem() === null ? lines : NOTHING;
    },
    end() {
      const body = refusing(() => cutter.end());
      const problem = listProblem(body) ?? envelopes.problem();
      if (problem !== null) throw problem;
      if (envelopes.count() === 0) {
        throw invalid("requests", "List should have at least 1 item after validation, not 0");
      }
      fields = WORDING.check(batchFieldsSchema, JSON.parse(body.others));
    },
    fields: () => fields,
  };
}

function listProblem({ found }: CutBody): GatewayError | null {
  if (found === null) return WORDING.missing("requests");
  return found === "array" ? null : invalid("requests", "Input should be a valid list");
}

function refusing<Result>(read: () => Result): Result {
  try {
    return read();
  } catch (error) {
    throw error instanceof JsonStreamError ? toGatewayError(error) : error;
  }
}

function toGatewayError(error: JsonStreamError): GatewayError {
  switch (error.kind) {
    case "not_object":
      return WORDING.notAnObject();
    case "element_size":
    case "other_size":
      return new GatewayError("too_large", `Request exceeds the maximum size: ${error.message}.`);
    case "repeated":
      return invalid("requests", "Field is given more than once");
    case "syntax":
    case "depth":
      return invalid("", `The request body is not valid JSON: ${error.message}`);
  }
}
