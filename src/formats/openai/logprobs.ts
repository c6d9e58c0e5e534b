import type { TokenLogprob } from "../../core/chat-response.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import { isJsonArray } from "../fields.ts";
import { arrayIn, numberIn, stringIn } from "../open-values.ts";

type Candidate = TokenLogprob["top"][number];

/** The same in both APIs; what isn't a token with its probability is left out. */
export function parseLogprobs(tokens: readonly Json[]): TokenLogprob[] {
  return tokens.flatMap((value) => {
    const token = parseCandidate(value);
    if (token === undefined || !isJsonObject(value)) return [];
    const top = arrayIn(value, "top_logprobs").map(parseCandidate);
    return [{ ...token, top: top.filter((candidate) => candidate !== undefined) }];
  });
}

function parseCandidate(value: Json): Candidate | undefined {
  if (!isJsonObject(value)) return undefined;
  const token = stringIn(value, "token");
  const logprob = numberIn(value, "logprob");
  if (token === undefined || logprob === undefined) return undefined;
  const { bytes } = value;
  return { token, logprob, bytes: isJsonArray(bytes) ? bytes.filter(isNumber) : undefined };
}

function isNumber(value: Json): value is number {
  return typeof value === "number";
}

export function writeLogprobs(tokens: readonly TokenLogprob[]): JsonObject[] {
  return tokens.map((token) => ({
    ...writeCandidate(token),
    top_logprobs: token.top.map(writeCandidate),
  }));
}

function writeCandidate({ token, logprob, bytes }: Candidate): JsonObject {
  return { token, logprob, bytes: bytes ?? [...Buffer.from(token)] };
}
