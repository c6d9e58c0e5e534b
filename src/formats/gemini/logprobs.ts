import type { TokenLogprob } from "../../core/chat-response.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { arrayIn, numberIn, objectIn, textIn } from "./proto-fields.ts";

type Candidate = TokenLogprob["top"][number];

/** `logprobsResult`: the chosen tokens, and beside each step its likeliest. */
export function parseLogprobs(candidate: JsonObject): TokenLogprob[] | undefined {
  const result = objectIn(candidate, "logprobsResult");
  if (result === undefined) return undefined;
  const steps = arrayIn(result, "topCandidates");
  return arrayIn(result, "chosenCandidates").flatMap((value, index) => {
    const chosen = parseCandidate(value);
    const step = steps[index];
    const top = isJsonObject(step) ? arrayIn(step, "candidates").map(parseCandidate) : [];
    if (chosen === undefined) return [];
    return [{ ...chosen, top: top.filter((item) => item !== undefined) }];
  });
}

function parseCandidate(value: Json): Candidate | undefined {
  if (!isJsonObject(value)) return undefined;
  const token = textIn(value, "token");
  const logprob = numberIn(value, "logProbability");
  return token === undefined || logprob === undefined ? undefined : { token, logprob };
}

export function writeLogprobs(tokens: readonly TokenLogprob[]): JsonObject {
  return {
    chosenCandidates: tokens.map(writeCandidate),
    topCandidates: tokens.map(({ top }) => ({ candidates: top.map(writeCandidate) })),
  };
}

function writeCandidate({ token, logprob }: Candidate): JsonObject {
  return { token, logProbability: logprob };
}
