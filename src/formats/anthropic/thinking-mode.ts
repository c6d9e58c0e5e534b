import type { ChatRequest } from "../../core/chat-request.ts";
import type { WriteContext } from "../../core/write-context.ts";
import type { ClaudeModel } from "./claude-models.ts";

/** How the model is to think. */
export type ThinkingMode =
  | { readonly kind: "default" }
  /** `isAsked`: not only because something else stands against thinking. */
  | { readonly kind: "off"; readonly isAsked: boolean }
  | { readonly kind: "adaptive" }
  /** `isExact`: the client named the number. */
  | { readonly kind: "budget"; readonly tokens: number; readonly isExact: boolean };

/** What else of the request bears on thinking. */
interface ThinkingNeeds {
  readonly isToolForced: boolean;
  readonly isPrefilled: boolean;
  readonly continuesUnthought: boolean;
}

export interface ThinkingScope {
  readonly request: ChatRequest;
  readonly model: ClaudeModel;
  readonly needs: ThinkingNeeds;
  readonly context: WriteContext;
}
