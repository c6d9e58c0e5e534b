import type { Call, CreateChat } from "../core/gateway.ts";
import type { SynchronousCalls } from "../core/provider.ts";
import type { Source } from "./mirror.ts";

/** Where a request goes, and on whose account. */
export interface ChatTarget {
  readonly call: Call;
  readonly request: CreateChat;
  readonly source: Source;
  readonly calls: SynchronousCalls;
  /** As the provider names it. */
  readonly model: string;
}
