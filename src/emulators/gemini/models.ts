import { StatusError } from "./status-error.ts";

export interface ModelInfo {
  /** `models/…` or `tunedModels/…`; without either, a model. */
  readonly name: string;
  readonly kind: "generate" | "embed";
  /** By which parameter its thinking is steered; it has none if left out. */
  readonly thinking?: "budget" | "level";
  /** Of an embedding, the most that may be asked for. */
  readonly dimensions?: number;
}

export interface ModelTable {
  readonly all: readonly ModelInfo[];
  /** Throws as the API does where no such model has that method. */
  readonly require: (name: string, method: Method) => ModelInfo;
  readonly find: (name: string) => ModelInfo | null;
}

export type Method =
  | "generateContent"
  | "streamGenerateContent"
  | "batchGenerateContent"
  | "countTokens"
  | "embedContent"
  | "batchEmbedContents"
  | "asyncBatchEmbedContent";

const METHODS: Readonly<Record<ModelInfo["kind"], readonly Method[]>> = {
  generate: ["generateContent", "streamGenerateContent", "batchGenerateContent", "countTokens"],
  embed: ["embedContent", "batchEmbedContents", "asyncBatchEmbedContent", "countTokens"],
};

const DEFAULT_MODELS: readonly ModelInfo[] = [
  { name: "models/gemini-2.5-pro", kind: "generate", thinking: "budget" },
  { name: "models/gemini-2.5-flash", kind: "generate", thinking: "budget" },
  { name: "models/gemini-2.5-flash-lite", kind: "generate", thinking: "budget" },
  { name: "models/gemini-2.0-flash", kind: "generate" },
  { name: "models/gemini-2.0-flash-lite", kind: "generate" },
  // Retired at Google; examples still name them.
  { name: "models/gemini-1.5-flash", kind: "generate" },
  { name: "models/gemini-1.5-pro", kind: "generate" },
  { name: "models/gemini-3-pro-preview", kind: "generate", thinking: "level" },
  { name: "models/gemini-3-flash-preview", kind: "generate", thinking: "level" },
  { name: "models/gemini-3.5-flash", kind: "generate", thinking: "level" },
  { name: "models/gemini-3.5-flash-lite", kind: "generate", thinking: "level" },
  { name: "models/gemini-embedding-001", kind: "embed", dimensions: 3_072 },
  { name: "models/text-embedding-004", kind: "embed", dimensions: 768 },
];

export function createModelTable(more: readonly ModelInfo[]): ModelTable {
  const byName = new Map<string, ModelInfo>();
  for (const model of [...DEFAULT_MODELS, ...more]) {
    const name = fullName(model.name);
    byName.set(name, { ...model, name });
  }
  const find = (name: string) => byName.get(fullName(name)) ?? null;
  return {
    all: [...byName.values()],
    find,
    require: (name, method) => {
      const model = find(name);
      if (model !== null && METHODS[model.kind].includes(method)) return model;
      throw new StatusError(
        "NOT_FOUND",
        `${fullName(name)} is not found for API version v1beta, or is not supported for ${method}. Call ListModels to see the list of available models and their supported methods.`,
      );
    },
  };
}

export function renderModel({ name, kind, thinking }: ModelInfo) {
  const id = name.replace(/^\w+\//, "");
  return {
    name,
    version: "001",
    displayName: id,
    inputTokenLimit: kind === "embed" ? 2_048 : 1_048_576,
    outputTokenLimit: kind === "embed" ? 1 : 65_536,
    supportedGenerationMethods: METHODS[kind],
    ...(kind === "embed" ? {} : { temperature: 1, topP: 0.95, topK: 64, maxTemperature: 2 }),
    ...(thinking === undefined ? {} : { thinking: true }),
  };
}

export function fullName(name: string): string {
  return /^(models|tunedModels)\//.test(name) ? name : `models/${name}`;
}
