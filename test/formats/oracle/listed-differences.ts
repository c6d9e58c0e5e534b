import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { Finding } from "./compare.ts";
import { MESSAGE_DIFFERENCES } from "./listed-messages.ts";
import { OUTPUT_DIFFERENCES } from "./listed-output.ts";
import { SETTING_DIFFERENCES } from "./listed-settings.ts";
import type { Api } from "./sdk-models.ts";

/** Where we and the SDK differ on purpose: a row of docs/translation.md. */
export interface Listed<Name extends string = Api> {
  readonly apis: readonly Name[];
  /** As in a finding. */
  readonly fields: readonly string[];
  readonly ours: string;
  readonly theirs: string;
  readonly why: string;
}

export interface ListedDifference extends Listed {
  /** Narrows it to what is meant; left out: whatever is at these fields. */
  readonly isMeant?: (finding: Finding, request: ChatRequest) => boolean;
}

export interface ListedAnswerDifference extends Listed {
  readonly isMeant?: (finding: Finding) => boolean;
}

/** Every difference that the fixtures show; another one fails, and so does one that no longer occurs. */
export function listedDifferences(): readonly ListedDifference[] {
  return [...MESSAGE_DIFFERENCES, ...OUTPUT_DIFFERENCES, ...SETTING_DIFFERENCES];
}

/** What the SDK's prompt has no words for, whatever the provider: such a request can't be compared. */
export const INEXPRESSIBLE: readonly string[] = [
  "a choice among some tools",
  "arguments that are no JSON",
  "custom tool",
  "native part",
  "native tool",
  "refusal",
];
