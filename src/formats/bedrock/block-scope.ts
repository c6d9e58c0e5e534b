import type { Extra } from "../../core/chat-request.ts";

/** What is gathered, and known of earlier messages, while a conversation is read. */
export interface BlockScope {
  readonly extras: Extra[];
  /** Call id → tool name. */
  readonly toolNames: Map<string, string>;
  /** Answers may hold words that came after this was written, requests may not. */
  readonly isAnswer: boolean;
}
