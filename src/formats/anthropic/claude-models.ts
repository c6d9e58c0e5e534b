import { perModel } from "../per-model.ts";

/**
 * What a model of Claude's takes, as far as it decides what may be written. From Anthropic's pages on thinking, effort, structured
 * outputs and migration (https://platform.claude.com/docs/en/about-claude/models/overview), and the notes on deprecated
 * parameters in its API specification.
 */
export interface ClaudeModel {
  /** `one`: temperature or top_p, not both. `none`: nothing but the defaults. */
  readonly sampling: "all" | "one" | "none";
  /** `budget`: only with a number of tokens; `adaptive`: only as long as the model likes; `either`: both. */
  readonly thinking: "none" | "budget" | "either" | "adaptive";
  /** How thinking is turned off. `up_to_high`: not at more effort than that. */
  readonly thinkingOff: "disabled" | "up_to_high" | "between_tools" | "never";
  readonly thinksUnasked: boolean;
  /** Levels of `output_config.effort`, least first; none: it takes no effort. */
  readonly efforts: readonly ClaudeEffort[];
  /** `output_config.format`, and `strict` tools. */
  readonly structuredOutput: boolean;
  readonly forcedTools: boolean;
  /** Goes on with a last message of the assistant's. */
  readonly prefill: boolean;
  /** Wants the first message to be the user's. */
  readonly userFirst: boolean;
  /** Takes `role: "system"` between turns. */
  readonly systemInPlace: boolean;
  /** Amazon's endpoints take images and documents as bytes only. */
  readonly isOnBedrock: boolean;
}

export type ClaudeEffort = "low" | "medium" | "high" | "xhigh" | "max";

/** A name that isn't Claude's, or none, gets what every model since Claude 4 takes. */
export const describeClaude = perModel((name): ClaudeModel => {
  if (name === null) return UNKNOWN;
  const text = name.toLowerCase();
  const model = findModel(text);
  if (!/(?:^|[./])anthropic\.claude/.test(text)) return model;
  // Amazon's own page lists only this model for system text between turns.
  const systemInPlace = model.systemInPlace && text.includes("opus-4-8");
  return { ...model, systemInPlace, isOnBedrock: true };
});

function findModel(text: string): ClaudeModel {
  const start = text.indexOf("claude-");
  if (start < 0) return UNKNOWN;
  const rest = text.slice(start + "claude-".length);
  if (rest.startsWith("mythos-preview")) return MYTHOS_PREVIEW;
  const found = /^([a-z]+)-(\d{1,2})(?:[-.](\d{1,2}))?(?!\d)/.exec(rest);
  if (found === null) return findOldModel(rest);
  const [, family = "", major = "", minor = "0"] = found;
  const version = Number(major) * 100 + Number(minor);
  const known = FAMILIES.get(family)?.find(([since]) => version >= since);
  return known?.[1] ?? NEWEST;
}

/** Models of the time when the version went before the name: `claude-3-5-haiku`. */
function findOldModel(rest: string): ClaudeModel {
  if (/^3[-.]7/.test(rest)) return CLAUDE_4;
  return /^(?:instant|v?[1-3](?!\d))/.test(rest) ? CLAUDE_3 : NEWEST;
}

const CLAUDE_3: ClaudeModel = {
  sampling: "all",
  thinking: "none",
  thinkingOff: "disabled",
  thinksUnasked: false,
  efforts: [],
  structuredOutput: false,
  forcedTools: true,
  prefill: true,
  userFirst: true,
  systemInPlace: false,
  isOnBedrock: false,
};

const CLAUDE_4: ClaudeModel = { ...CLAUDE_3, thinking: "budget", userFirst: false };
const UNKNOWN: ClaudeModel = CLAUDE_4;
const CLAUDE_4_1: ClaudeModel = { ...CLAUDE_4, sampling: "one" };
const CLAUDE_4_5: ClaudeModel = { ...CLAUDE_4_1, structuredOutput: true };
const OPUS_4_5: ClaudeModel = { ...CLAUDE_4_5, efforts: ["low", "medium", "high"] };
const CLAUDE_4_6: ClaudeModel = {
  ...CLAUDE_4_5,
  thinking: "either",
  efforts: ["low", "medium", "high", "max"],
  prefill: false,
};
const OPUS_4_7: ClaudeModel = {
  ...CLAUDE_4_6,
  sampling: "none",
  thinking: "adaptive",
  efforts: ["low", "medium", "high", "xhigh", "max"],
};
const MYTHOS_PREVIEW: ClaudeModel = {
  ...OPUS_4_7,
  efforts: CLAUDE_4_6.efforts,
  thinkingOff: "never",
  thinksUnasked: true,
};
const OPUS_4_8: ClaudeModel = { ...OPUS_4_7, systemInPlace: true };
const SONNET_5: ClaudeModel = { ...OPUS_4_7, thinksUnasked: true };
const OPUS_5: ClaudeModel = { ...OPUS_4_8, thinksUnasked: true, thinkingOff: "up_to_high" };
const FABLE_5: ClaudeModel = { ...OPUS_5, thinkingOff: "never" };
const OPUS_5_5: ClaudeModel = { ...FABLE_5, forcedTools: false };
const SONNET_5_5: ClaudeModel = { ...OPUS_5_5, thinkingOff: "between_tools" };
/** For names of Claude's that came after this was written: only what all of the newest take. */
const NEWEST: ClaudeModel = { ...OPUS_5_5, systemInPlace: false };

/** Newest first: from which version on (major × 100 + minor). */
const FAMILIES: ReadonlyMap<string, readonly (readonly [number, ClaudeModel])[]> = new Map([
  [
    "opus",
    [
      [505, OPUS_5_5],
      [500, OPUS_5],
      [408, OPUS_4_8],
      [407, OPUS_4_7],
      [406, CLAUDE_4_6],
      [405, OPUS_4_5],
      [401, CLAUDE_4_1],
      [0, CLAUDE_4],
    ],
  ],
  [
    "sonnet",
    [
      [505, SONNET_5_5],
      [500, SONNET_5],
      [406, CLAUDE_4_6],
      [405, CLAUDE_4_5],
      [401, CLAUDE_4_1],
      [0, CLAUDE_4],
    ],
  ],
  [
    "haiku",
    [
      [505, OPUS_5],
      [405, CLAUDE_4_5],
      [0, CLAUDE_4],
    ],
  ],
  ["instant", [[0, CLAUDE_3]]],
  [
    "fable",
    [
      [501, OPUS_5_5],
      [0, FABLE_5],
    ],
  ],
  [
    "mythos",
    [
      [501, OPUS_5_5],
      [0, FABLE_5],
    ],
  ],
]);
