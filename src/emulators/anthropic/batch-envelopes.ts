import { isUtf8 } from "node:buffer";
import type { ApiError } from "./api-error.ts";
import { badRequest } from "./api-error.ts";
import { parseBody } from "./call.ts";
import type { Json } from "../json.ts";
import { isJsonObject } from "../json.ts";
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
      let id: Json | undefined = rightId(source);
      if (id === null) {
        const value = parseBody(source.bytes);
        const problem = envelopeProblem(value);
        if (problem !== null) report(`requests.${count}${problem}`);
        id = isJsonObject(value) ? value["custom_id"] : undefined;
      }
      count += 1;
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

/** The id of a request whose envelope is right; null if it is to be parsed, because something is wrong or may be. */
function rightId({ bytes, members }: ScannedValue): string | null {
  if (members === null || !isUtf8(bytes)) return null;
  let id: string | null = null;
  let hasParams = false;
  for (let index = 0; index < members.length; index += 4) {
    const key = bytes.toString("latin1", members[index], members[index + 1]);
    const start = members[index + 2] ?? 0;
    if (!ENVELOPE_KEYS.has(key)) return null;
    if (key === "params") hasParams = bytes[start] === OPEN_BRACE;
    else
      id = bytes[start] === QUOTE ? bytes.toString("latin1", start + 1, members[index + 3]) : null;
  }
  return hasParams && id !== null && customIdProblem(id) === null ? id : null;
}

const QUOTE = 0x22;
const OPEN_BRACE = 0x7b;
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
