// https://docs.claude.com/en/docs/about-claude/models/overview

import { ApiError } from "./api-error.ts";
import type { ModelTraits } from "./model-traits.ts";
import {
  CLAUDE_3,
  CLAUDE_4,
  CLAUDE_4_1,
  CLAUDE_4_5,
  CLAUDE_4_6,
  OPUS_4_7,
  OPUS_4_8,
  OPUS_5_5,
} from "./model-traits.ts";

export interface ModelInfo {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly maxTokens: number;
  /** Other names that mean the same model. */
  readonly aliases?: readonly string[];
  readonly traits: ModelTraits;
}

export interface ModelTable {
  /** Newest first, without the aliases. */
  readonly all: readonly ModelInfo[];
  readonly find: (id: string) => ModelInfo | null;
}

const DEFAULT_MODELS: readonly ModelInfo[] = [
  model("claude-opus-5-5", { created: "2026-10-20", traits: OPUS_5_5 }),
  model("claude-sonnet-5-5", { created: "2026-10-20", traits: OPUS_5_5 }),
  model("claude-haiku-5-5", { created: "2026-10-20", traits: OPUS_4_8 }),
  model("claude-opus-5", { created: "2026-07-01", traits: OPUS_4_8 }),
  model("claude-sonnet-5", { created: "2026-07-01", traits: OPUS_4_7 }),
  model("claude-opus-4-8", { created: "2026-06-01", traits: OPUS_4_8 }),
  model("claude-opus-4-7", { created: "2026-04-14", traits: OPUS_4_7 }),
  model("claude-sonnet-4-6", { created: "2026-02-17", traits: CLAUDE_4_6 }),
  model("claude-opus-4-6", { created: "2026-02-04", traits: CLAUDE_4_6, maxTokens: 128_000 }),
  model("claude-opus-4-5-20251101", { created: "2025-11-24", traits: CLAUDE_4_5 }),
  model("claude-haiku-4-5-20251001", { created: "2025-10-15", traits: CLAUDE_4_5 }),
  model("claude-sonnet-4-5-20250929", { created: "2025-09-29", traits: CLAUDE_4_5 }),
  model("claude-opus-4-1-20250805", {
    created: "2025-08-05",
    traits: CLAUDE_4_1,
    maxTokens: 32_000,
  }),
  model("claude-opus-4-20250514", {
    created: "2025-05-22",
    traits: CLAUDE_4,
    maxTokens: 32_000,
    aliases: ["claude-opus-4-0"],
  }),
  model("claude-sonnet-4-20250514", {
    created: "2025-05-22",
    traits: CLAUDE_4,
    aliases: ["claude-sonnet-4-0"],
  }),
  model("claude-3-5-haiku-20241022", {
    created: "2024-10-22",
    traits: CLAUDE_3,
    maxTokens: 8_192,
    aliases: ["claude-3-5-haiku-latest"],
  }),
  model("claude-3-haiku-20240307", { created: "2024-03-07", traits: CLAUDE_3, maxTokens: 4_096 }),
  // Retired at Anthropic; examples still name them.
  model("claude-3-opus-20240229", { created: "2024-02-29", traits: CLAUDE_3, maxTokens: 4_096 }),
  model("claude-3-sonnet-20240229", { created: "2024-02-29", traits: CLAUDE_3, maxTokens: 4_096 }),
];

export function createModelTable(more: readonly ModelInfo[]): ModelTable {
  const all = [...more, ...DEFAULT_MODELS];
  const byId = new Map<string, ModelInfo>();
  for (const known of all) {
    for (const name of [known.id, ...(known.aliases ?? [])]) byId.set(name, known);
  }
  return { all, find: (id) => byId.get(id) ?? null };
}

export function requireModel(models: ModelTable, id: string): ModelInfo {
  const found = models.find(id);
  if (found === null) throw new ApiError(404, `model: ${id}`);
  return found;
}

export function renderModel(info: ModelInfo) {
  return {
    type: "model",
    id: info.id,
    display_name: info.name,
    created_at: `${info.created}T00:00:00Z`,
    max_input_tokens: 200_000,
    max_tokens: info.maxTokens,
    capabilities: null,
  };
}

type ModelFacts = Pick<ModelInfo, "created" | "traits" | "aliases"> & {
  readonly maxTokens?: number;
};

function model(id: string, facts: ModelFacts): ModelInfo {
  const undated = id.replace(/-\d{8}$/, "");
  const aliases = undated === id ? [] : [undated, ...(facts.aliases ?? [])];
  const name = undated
    .replaceAll(/-(\d+)-(\d+)/g, " $1.$2")
    .replaceAll(/(^|[- ])([a-z])/g, capital);
  return { id, name, maxTokens: 64_000, ...facts, aliases };
}

function capital(_match: string, before: string, letter: string): string {
  return (before === "-" ? " " : before) + letter.toUpperCase();
}
