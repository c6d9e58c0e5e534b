import type { GatewayError } from "../../core/errors.ts";
import type { HashSet } from "../../lib/hash-set.ts";
import type { ElementSink } from "../../lib/json-array-cutter.ts";
import type { JsonKind } from "../../lib/json-scanner.ts";
import { invalid, shorten } from "./errors.ts";

export interface EnvelopeCheck extends ElementSink {
  /** How many requests have begun. */
  count(): number;
  /** The first thing that is wrong with them, in Anthropic's words. */
  problem(): GatewayError | null;
}

const MAX_REQUESTS = 100_000;

/**
 * What Anthropic checks while the client waits: the envelope of each request. Whatever is wrong with its `params` is told in its
 * line of the results.
 */
export function createEnvelopeCheck(ids: HashSet): EnvelopeCheck {
  let count = 0;
  let firstProblem: GatewayError | null = null;
  let duplicate: string | null = null;
  let isObject = false;
  let id: { readonly kind: JsonKind; readonly text: string | null } | null = null;
  let params: JsonKind | null = null;
  let repeated: string | null = null;
  let extra: string | null = null;

  function envelopeProblem(path: string): GatewayError | null {
    if (!isObject) return invalid(path, "Input should be a valid dictionary");
    if (id === null) return invalid(`${path}.custom_id`, "Field required");
    const idProblem = customIdProblem(id.kind, id.text);
    if (idProblem !== null) return invalid(`${path}.custom_id`, idProblem);
    if (params === null) return invalid(`${path}.params`, "Field required");
    if (params !== "object") {
      return invalid(`${path}.params`, "Input should be a valid dictionary");
    }
    if (extra !== null) {
      return invalid(`${path}.${shorten(extra)}`, "Extra inputs are not permitted");
    }
    return repeated === null
      ? null
      : invalid(`${path}.${repeated}`, "Field is given more than once");
  }

  return {
    count: () => count,
    problem() {
      if (count > MAX_REQUESTS) {
        const message = `List should have at most ${MAX_REQUESTS} items after validation, not ${count}`;
        return firstProblem ?? invalid("requests", message);
      }
      if (firstProblem !== null || duplicate === null) return firstProblem;
      return invalid(
        "requests",
        `custom_id's must be unique within a batch. Duplicate custom_id found: ${duplicate}`,
      );
    },
    elementBegins(kind) {
      count += 1;
      isObject = kind === "object";
      id = null;
      params = null;
      repeated = null;
      extra = null;
    },
    member(key, kind, text) {
      if (key === "custom_id") {
        if (id !== null) repeated = key;
        id = { kind, text };
      } else if (key === "params") {
        if (params !== null) repeated = key;
        params = kind;
      } else extra ??= key;
    },
    elementEnds() {
      if (firstProblem !== null || count > MAX_REQUESTS) return;
      firstProblem = envelopeProblem(`requests.${count - 1}`);
      const text = id?.text ?? null;
      if (firstProblem === null && text !== null && !ids.add(text)) duplicate ??= text;
    },
  };
}

const MAX_ID_CHARACTERS = 64;

/** `text` is null where it is no string, or so long that it wasn't kept. */
function customIdProblem(kind: JsonKind, text: string | null): string | null {
  if (kind !== "string") return "Input should be a valid string";
  if (text === "") return "String should have at least 1 character";
  if (text === null || text.length > MAX_ID_CHARACTERS) {
    return `String should have at most ${MAX_ID_CHARACTERS} characters`;
  }
  return /^[a-zA-Z0-9_-]+$/.test(text)
    ? null
    : "String should match pattern '^[a-zA-Z0-9_-]{1,64}$'";
}
