import { ApiError } from "./api-error.ts";

export interface ModelInfo {
  readonly id: string;
  readonly kind: "chat" | "embedding" | "completion" | "moderation";
  /** The dated name with which the model answers; the id itself if left out. */
  readonly snapshot?: string;
  /** Takes `reasoning_effort`, and refuses sampling parameters and `max_tokens`. */
  readonly reasoning?: boolean;
  /** Of an embedding, the most that may be asked for. */
  readonly dimensions?: number;
  /** Whether an embedding may be shortened. */
  readonly shortens?: boolean;
}

export interface ModelTable {
  readonly all: readonly ModelInfo[];
  readonly find: (id: string) => ModelInfo | null;
}

const DEFAULT_MODELS: readonly ModelInfo[] = [
  chat("gpt-4o-mini", "gpt-4o-mini-2024-07-18"),
  chat("gpt-4o", "gpt-4o-2024-08-06"),
  chat("gpt-4.1", "gpt-4.1-2025-04-14"),
  chat("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14"),
  chat("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14"),
  chat("gpt-4-turbo", "gpt-4-turbo-2024-04-09"),
  chat("gpt-3.5-turbo", "gpt-3.5-turbo-0125"),
  { ...chat("gpt-5", "gpt-5-2025-08-07"), reasoning: true },
  { ...chat("gpt-5-mini", "gpt-5-mini-2025-08-07"), reasoning: true },
  { ...chat("gpt-5-nano", "gpt-5-nano-2025-08-07"), reasoning: true },
  { ...chat("o3", "o3-2025-04-16"), reasoning: true },
  { ...chat("o3-mini", "o3-mini-2025-01-31"), reasoning: true },
  { ...chat("o4-mini", "o4-mini-2025-04-16"), reasoning: true },
  { id: "text-embedding-3-small", kind: "embedding", dimensions: 1536, shortens: true },
  { id: "text-embedding-3-large", kind: "embedding", dimensions: 3072, shortens: true },
  { id: "text-embedding-ada-002", kind: "embedding", dimensions: 1536, shortens: false },
  { id: "gpt-3.5-turbo-instruct", kind: "completion" },
  { id: "davinci-002", kind: "completion" },
  { id: "babbage-002", kind: "completion" },
  { id: "omni-moderation-latest", kind: "moderation", snapshot: "omni-moderation-2024-09-26" },
  { id: "text-moderation-latest", kind: "moderation", snapshot: "text-moderation-007" },
];

export function createModelTable(more: readonly ModelInfo[]): ModelTable {
  const byId = new Map<string, ModelInfo>();
  for (const model of [...DEFAULT_MODELS, ...more]) {
    if (model.snapshot !== undefined) byId.set(model.snapshot, { ...model, id: model.snapshot });
    byId.set(model.id, model);
  }
  return { all: [...byId.values()], find: (id) => byId.get(id) ?? null };
}

export function requireModel(models: ModelTable, id: string, kind: ModelInfo["kind"]): ModelInfo {
  const model = models.find(id);
  if (model === null) {
    const message = `The model \`${id}\` does not exist or you do not have access to it.`;
    throw new ApiError(404, message, { code: "model_not_found" });
  }
  if (model.kind !== kind) {
    throw new ApiError(404, `This is not a ${kind} model and thus not supported here.`, {
      param: "model",
    });
  }
  return model;
}

export function snapshotOf(model: ModelInfo): string {
  return model.snapshot ?? model.id;
}

function chat(id: string, snapshot: string): ModelInfo {
  return { id, kind: "chat", snapshot };
}
