import type { GatewayError } from "../../core/errors.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import {
  createJsonArrayCutter,
  type CutBody,
  type ElementSink,
} from "../../lib/json-array-cutter.ts";
import { JsonStreamError } from "../../lib/json-stream-error.ts";
import type { CreateIntake } from "../streamed-create.ts";
import { bodyTooLarge, invalidBody, invalidValue, notAnObject } from "./errors.ts";

/** What may stand beside the requests. */
export interface BatchIntake extends CreateIntake {
  /** After the end: the body without its requests. */
  others(): JsonObject;
}

interface IntakeLimits {
  readonly jsonDepth: number;
  readonly lineBytes: number;
}

const MAX_OTHER_BYTES = 1024 * 1024;
const NOTHING = Buffer.alloc(0);

export function createBatchIntake(limits: IntakeLimits): BatchIntake {
  const requests = createRequestCheck();
  const cutter = createJsonArrayCutter(
    {
      key: "requests",
      maxDepth: limits.jsonDepth,
      maxElementBytes: limits.lineBytes,
      maxOtherBytes: MAX_OTHER_BYTES,
    },
    requests,
  );
  let isEmpty = true;
  let others: JsonObject = {};
  return {
    push(chunk) {
      // SDKs leave a body empty where there is nothing to say.
      isEmpty &&= chunk.every(isBlank);
      const lines = isEmpty ? NOTHING : refusing(() => cutter.push(chunk));
      return requests.problem() === null ? lines : NOTHING;
    },
    end() {
      if (isEmpty) return;
      const body = refusing(() => cutter.end());
      const problem = listProblem(body, requests.count()) ?? requests.problem();
      if (problem !== null) throw problem;
      const parsed: unknown = JSON.parse(body.others);
      if (hasPrototypeKey(parsed)) throw invalidBody("must not have the key __proto__");
      others = isJsonObject(parsed) ? parsed : {};
    },
    others: () => others,
  };
}

interface RequestCheck extends ElementSink {
  count(): number;
  problem(): GatewayError | null;
}

/** Each is an object; what it holds is looked at when the batch is planned. */
function createRequestCheck(): RequestCheck {
  let count = 0;
  let firstProblem: GatewayError | null = null;
  return {
    count: () => count,
    problem: () => firstProblem,
    elementBegins(kind) {
      if (kind !== "object")
        firstProblem ??= invalidValue(`requests[${count}]`, "expected an object.");
      count += 1;
    },
    member: () => undefined,
    elementEnds: () => undefined,
  };
}

function listProblem({ found }: CutBody, count: number): GatewayError | null {
  if (found === null || found === "null") return null;
  if (found !== "array") return invalidValue("requests", "expected an array of requests.");
  if (count > 0) return null;
  return invalidValue(
    "requests",
    "empty array. Expected an array with minimum length 1, but got an empty array instead.",
  );
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
      return notAnObject();
    case "element_size":
    case "other_size":
      return bodyTooLarge(error.message);
    case "repeated":
      return invalidValue("requests", "it is given more than once.");
    case "syntax":
    case "depth":
      return invalidBody(`isn't valid: ${error.message}`);
  }
}

function hasPrototypeKey(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasPrototypeKey);
  return Object.entries(value).some(([key, item]) => key === "__proto__" || hasPrototypeKey(item));
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
