import { isUtf8 } from "node:buffer";
import type { ApiError } from "./api-error.ts";
import { badRequest } from "./api-error.ts";
import { parseBody } from "./call.ts";
import type { Json } from "../json.ts";
import { isJsonObject, parseJson } from "../json.ts";
import type { AnthropicLimits } from "./limits.ts";
import type { ScannedValue } from "./value-scan.ts";

/** A body that isn't JSON to its end counts before everything else, so a problem waits until the end is reached. */
export function createEnvelopeCheck(limits: Pick<AnthropicLimits, "batchRequests">) {
  const ids = new Set<string>();
  let count = 0;
  let hasList = false;
  let firstProblem: string | null = null;
  let duplicate: string | null = null;
  const report = (problem: string | null) => {
    firstProblem ??= problem;
  };
  return {
    list: () => {
      hasList = true;
    },
    member: (name: string, value: Json) => {
      if (name !== "requests") report(`${name}: Extra inputs are not permitted`);
      else if (!Array.isArray(value)) report("requests: Input should be a valid list");
      hasList = hasList || name === "requests";
    },
    /** Returns whether the request may be kept. */
    item: (source: ScannedValue): boolean => {
      const sketch = sketchOf(source);
      const value = sketch ?? parseBody(source.bytes);
      const problem = sketch === null ? envelopeProblem(value) : null;
      if (problem !== null) report(`requests.${count}${problem}`);
      count += 1;
      const id = isJsonObject(value) ? value["custom_id"] : undefined;
      if (typeof id === "string" && count <= limits.batchRequests) {
        const { size } = ids;
        if (ids.add(id).size === size) duplicate ??= id;
      }
      return firstProblem === null && duplicate === null && count <= limits.batchRequests;
    },
    ids: (): readonly string[] => [...ids],
    problem: (): ApiError | null => {
      if (!hasList) report("requests: Field required");
      else if (count === 0) {
        report("requests: List should have at least 1 item after validation, not 0");
      } else if (count > limits.batchRequests) {
        report(
          `requests: List should have at most ${limits.batchRequests} items after validation, not ${count}`,
        );
      }
      if (duplicate !== null) {
        report(
          `requests: custom_id's must be unique within a batch. Duplicate custom_id found: ${duplicate}`,
        );
      }
      return firstProblem === null ? null : badRequest(firstProblem);
    },
  };
}

/**
 * A request without what its long strings say: nothing of an envelope that is right is as long. null if it is to be read as a whole,
 * because something is wrong, or may be.
 */
function sketchOf({ bytes, texts }: ScannedValue): Json {
  if (texts === null || !isUtf8(bytes)) return null;
  let rest = 0;
  let source = "";
  for (let index = 0; index < texts.length; index += 2) {
    // A byte is a character here: none of several bytes holds one that JSON knows.
    source += bytes.toString("latin1", rest, texts[index]);
    rest = texts[index + 1] ?? 0;
  }
  source += bytes.toString("latin1", rest);
  try {
    const sketch = parseJson(source);
    return envelopeProblem(sketch) === null ? sketch : null;
  } catch {
    return null;
  }
}

const ENVELOPE_KEYS = new Set(["custom_id", "params"]);
const MAX_ID_CHARACTERS = 64;

/** What follows the request's path. */
function envelopeProblem(value: Json): string | null {
  if (!isJsonObject(value)) return ": Input should be a valid dictionary";
  const { custom_id: id, params } = value;
  const idProblem = customIdProblem(id);
  if (idProblem !== null) return `.custom_id: ${idProblem}`;
  if (params === undefined) return ".params: Field required";
  if (!isJsonObject(params)) return ".params: Input should be a valid dictionary";
  const extra = Object.keys(value).find((key) => !ENVELOPE_KEYS.has(key));
  return extra === undefined ? null : `.${extra}: Extra inputs are not permitted`;
}

function customIdProblem(id: Json | undefined): string | null {
  if (id === undefined) return "Field required";
  if (typeof id !== "string") return "Input should be a valid string";
  if (id === "") return "String should have at least 1 character";
  if (id.length > MAX_ID_CHARACTERS) {
    return `String should have at most ${MAX_ID_CHARACTERS} characters`;
  }
  return /^[a-zA-Z0-9_-]{1,64}$/.test(id)
    ? null
    : "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'";
}
