// https://docs.claude.com/en/docs/about-claude/models and the pages on thinking, structured outputs and migration

/** What a model takes, as far as requests are refused for it. */
export interface ModelTraits {
  /** `one`: temperature or top_p, not both. `defaults`: nothing but the defaults. */
  readonly sampling: "all" | "one" | "defaults";
  readonly thinking: "none" | "budget" | "either" | "adaptive";
  /** Goes on with a last message of the assistant's. */
  readonly prefill: boolean;
  readonly userFirst: boolean;
  /** Takes `role: "system"` between turns. */
  readonly systemTurns: boolean;
  /** Takes a `tool_choice` that leaves it no choice. */
  readonly forcedTools: boolean;
  readonly structuredOutput: boolean;
}

export const CLAUDE_3: ModelTraits = {
  sampling: "all",
  thinking: "none",
  prefill: true,
  userFirst: true,
  systemTurns: false,
  forcedTools: true,
  structuredOutput: false,
};

export const CLAUDE_4: ModelTraits = { ...CLAUDE_3, thinking: "budget", userFirst: false };
export const CLAUDE_4_1: ModelTraits = { ...CLAUDE_4, sampling: "one" };
export const CLAUDE_4_5: ModelTraits = { ...CLAUDE_4_1, structuredOutput: true };
export const CLAUDE_4_6: ModelTraits = { ...CLAUDE_4_5, thinking: "either", prefill: false };
export const OPUS_4_7: ModelTraits = { ...CLAUDE_4_6, sampling: "defaults", thinking: "adaptive" };
export const OPUS_4_8: ModelTraits = { ...OPUS_4_7, systemTurns: true };
export const OPUS_5_5: ModelTraits = { ...OPUS_4_8, forcedTools: false };
