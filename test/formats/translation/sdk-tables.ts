import { ANSWER_DIFFERENCES } from "../oracle/listed-answers.ts";
import { INEXPRESSIBLE, type Listed, listedDifferences } from "../oracle/listed-differences.ts";
import { EMBEDDING_DIFFERENCES } from "../oracle/listed-embeddings.ts";
import { table } from "./columns.ts";

const TITLES: Readonly<Record<string, string>> = {
  "openai.chat": "Chat Completions",
  "openai.responses": "Responses",
  "anthropic.messages": "Anthropic",
  "bedrock.claude": "Claude on Bedrock",
  "gemini.generateContent": "Gemini",
  "bedrock.converse": "Converse",
  openai: "OpenAI",
  gemini: "Gemini",
  "bedrock-titan": "Titan",
  "bedrock-cohere": "Cohere",
};

export function sdkRequestsTable(): string {
  return listedTable(listedDifferences());
}

export function sdkAnswersTable(): string {
  return listedTable(ANSWER_DIFFERENCES);
}

export function sdkEmbeddingsTable(): string {
  return listedTable(EMBEDDING_DIFFERENCES);
}

export function inexpressibleList(): string {
  return INEXPRESSIBLE.join(", ");
}

function listedTable(list: readonly Listed<string>[]): string {
  return table(
    ["at", "we", "the SDK", "why"],
    list.map(({ apis, ours, theirs, why }) => [
      apis.map((api) => TITLES[api] ?? api).join(", "),
      ours,
      theirs,
      why,
    ]),
  );
}
