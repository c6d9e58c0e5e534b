import type { EmbeddingTask } from "../../core/embeddings.ts";

/** https://ai.google.dev/api/embeddings#TaskType */
const TASKS: readonly (readonly [EmbeddingTask, string])[] = [
  ["query", "RETRIEVAL_QUERY"],
  ["document", "RETRIEVAL_DOCUMENT"],
  ["similarity", "SEMANTIC_SIMILARITY"],
  ["classification", "CLASSIFICATION"],
  ["clustering", "CLUSTERING"],
  ["question_answering", "QUESTION_ANSWERING"],
  ["fact_verification", "FACT_VERIFICATION"],
  ["code_query", "CODE_RETRIEVAL_QUERY"],
];

export function taskOf(word: string): EmbeddingTask | undefined {
  return TASKS.find(([, native]) => native === word)?.[0];
}

export function taskWord(task: EmbeddingTask): string | undefined {
  return TASKS.find(([known]) => known === task)?.[1];
}

export const TASK_WORDS = TASKS.map(([, word]) => word).join(", ");
