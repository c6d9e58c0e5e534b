import { describe, expect, test } from "vitest";
import type { ChatField, Support } from "../../src/core/chat-fields.ts";
import type { ChatRequest, Message } from "../../src/core/chat-request.ts";
import { CodecError } from "../../src/core/codec-error.ts";
import type {
  AssistantPart,
  PartKind,
  ToolResultContent,
  UserPart,
} from "../../src/core/content.ts";
import type { FormatName } from "../../src/core/format-name.ts";
import { ROOT } from "../../src/core/json-path.ts";
import type {
  EmbeddingField,
  EmbeddingInput,
  EmbeddingRequest,
} from "../../src/core/embeddings.ts";
import { reportUnsaid, reportUnsaidEmbedding } from "../../src/formats/unsaid.ts";
import { recordingContext } from "./openai/recording-context.ts";
import { place, userText } from "./openai/translated.ts";
import { CHAT_COLUMNS, EMBEDDING_COLUMNS } from "./translation/columns.ts";

/** The tables of docs/translation.md against what the writers do: each setting and part is written, and watched. */

type Column = (typeof CHAT_COLUMNS)[number];

const FIELDS: Readonly<Record<ChatField, readonly Partial<ChatRequest>[]>> = {
  tools: [
    { tools: [{ kind: "function", name: "f", schema: { type: "object" }, at: ROOT }] },
    { tools: [{ kind: "custom", name: "f", at: ROOT }] },
  ],
  toolChoice: [{ toolChoice: { kind: "required" } }, { toolChoice: { kind: "named", name: "t" } }],
  parallelToolCalls: [{ parallelToolCalls: false }],
  responseFormat: [
    { responseFormat: { kind: "json_object" } },
    {
      responseFormat: {
        kind: "json_schema",
        name: "n",
        schema: {
          type: "object",
          properties: { a: { type: "string" } },
          required: ["a"],
          additionalProperties: false,
        },
      },
    },
  ],
  maxTokens: [{ maxTokens: 500 }],
  stop: [{ stop: ["END"] }],
  temperature: [{ temperature: 0.5 }],
  topP: [{ topP: 0.5 }],
  topK: [{ topK: 5 }],
  seed: [{ seed: 5 }],
  presencePenalty: [{ presencePenalty: 0.5 }],
  frequencyPenalty: [{ frequencyPenalty: 0.5 }],
  choiceCount: [{ choiceCount: 2 }],
  logprobs: [{ logprobs: true }],
  topLogprobs: [{ logprobs: true, topLogprobs: 2 }],
  logitBias: [{ logitBias: { "5": 1 } }],
  reasoning: [
    { reasoning: { effort: "high" } },
    { reasoning: { thinking: { kind: "budget", tokens: 2048 } } },
  ],
  verbosity: [{ verbosity: "low" }],
  cache: [{ cache: { ttl: null } }],
  promptCacheKey: [{ promptCacheKey: "k" }],
  user: [{ user: "u" }],
  metadata: [{ metadata: { a: "b" } }],
  store: [{ store: true }],
  serviceTier: [{ serviceTier: "auto" }, { serviceTier: "flex" }],
};

const settings = CHAT_COLUMNS.flatMap((column) =>
  Object.entries(FIELDS).map(([field, samples]) => ({
    title: column.title,
    field,
    column,
    samples,
    support: supportOf(column, field),
  })),
);

describe("settings", () => {
  test.each(settings)("$title says of $field: $support", ({ column, samples, support, field }) => {
    // What a choice of tools means only shows where there are tools.
    const needsTools = field === "toolChoice" || field === "parallelToolCalls";
    const base = needsTools && column.codec.support.fields.tools !== "refused" ? WITH_TOOL : PLAIN;
    const foreign = { ...base, family: otherThan(column) };
    const outcomes = withModels(column, samples).map(({ model, sample }): Outcome => {
      const without = write(column, model, foreign);
      const written = write(column, model, { ...foreign, ...sample });
      if (written === null || without === null) return "refused";
      if (written.body !== without.body) return "said";
      return written.warnings > without.warnings ? "warned" : "silent";
    });
    expect(fits(support, outcomes)).toBe(true);
  });
});

function otherThan({ codec }: Column): FormatName {
  return codec.family === "gemini" ? "anthropic" : "gemini";
}

const source = { kind: "base64", mediaType: "image/png", data: "iVBORw0KGgo=" } as const;

type Sample =
  | { readonly user: (family: FormatName) => UserPart; readonly isCall?: false }
  | { readonly assistant: (family: FormatName) => AssistantPart; readonly isCall?: boolean }
  | { readonly result: ToolResultContent };

const PARTS: Readonly<Record<PartKind, readonly Sample[]>> = {
  text: [user({ kind: "text", text: "mark", at: ROOT })],
  image: [user({ kind: "image", source, at: ROOT })],
  document: [
    user({ kind: "document", source: { ...source, mediaType: "application/pdf" }, at: ROOT }),
    user({
      kind: "document",
      source: { kind: "text", mediaType: "text/plain", text: "mark" },
      at: ROOT,
    }),
  ],
  audio: [user({ kind: "audio", source: { ...source, mediaType: "audio/wav" }, at: ROOT })],
  video: [user({ kind: "video", source: { ...source, mediaType: "video/mp4" }, at: ROOT })],
  refusal: [{ assistant: () => ({ kind: "refusal", text: "mark", at: ROOT }) }],
  reasoning: [
    {
      assistant: (family) => ({
        kind: "reasoning",
        text: "mark",
        signature: { family, value: "c2ln" },
        at: ROOT,
      }),
    },
  ],
  redacted_reasoning: [
    {
      assistant: (family) => ({
        kind: "redacted_reasoning",
        data: { family, value: "bWFyaw==" },
        at: ROOT,
      }),
    },
  ],
  tool_call: [
    {
      isCall: true,
      assistant: () => ({
        kind: "tool_call",
        id: "call_1",
        name: "t",
        input: { kind: "object", value: { mark: 1 } },
        at: ROOT,
      }),
    },
  ],
  tool_result: [{ result: { kind: "text", text: "mark", at: ROOT } }],
  json: [{ result: { kind: "json", value: { mark: 1 }, at: ROOT } }],
  native: [
    { user: (family) => ({ kind: "native", family, type: "mark", value: { mark: 1 }, at: ROOT }) },
  ],
};

function user(part: UserPart): Sample {
  return { user: () => part };
}

const parts = CHAT_COLUMNS.flatMap((column) =>
  Object.entries(PARTS).map(([kind, samples]) => ({
    title: column.title,
    kind,
    column,
    samples,
    support: partSupportOf(column, kind),
  })),
);

describe("parts", () => {
  test.each(parts)("$title says of $kind: $support", ({ column, samples, support }) => {
    // Thinking goes back only to who thought it.
    const isOwn = support === "kept" || support === "partly";
    const family = isOwn ? column.codec.family : otherThan(column);
    const outcomes = withModels(column, samples).map(({ model, sample }): Outcome => {
      const base = "result" in sample || sample.isCall === true ? WITH_TOOL : PLAIN;
      const messages = messagesOf(sample, family, column.codec.name);
      const written = write(column, model, { ...base, family, messages });
      if (written === null) return "refused";
      if (/mark|bWFyaw|iVBORw/.test(written.body)) return "said";
      return written.warnings > 0 ? "warned" : "silent";
    });
    expect(fits(support, outcomes)).toBe(true);
  });
});

const PLAIN: ChatRequest = {
  family: "gemini",
  model: "m",
  maxTokens: 8000,
  messages: [userText("Hello")],
  extras: [],
};

const WITH_TOOL: ChatRequest = {
  ...PLAIN,
  tools: [{ kind: "function", name: "t", schema: { type: "object" }, at: ROOT }],
};

function messagesOf(sample: Sample, family: FormatName, codec: string): Message[] {
  // OpenAI's two APIs tell their parts by their places.
  const at = place(codec === "openai.responses" ? "input" : "messages", 1);
  if ("user" in sample) {
    return [{ kind: "user", at, parts: [...textParts(), { ...sample.user(family), at }] }];
  }
  if ("assistant" in sample) {
    const part = sample.assistant(family);
    if (sample.isCall === true) {
      const done = result({ kind: "text", text: "done", at });
      return [userText("Hello"), { kind: "assistant", at, parts: [part] }, done];
    }
    const turn: Message = { kind: "assistant", at, parts: [part, ...textParts()] };
    return [userText("Hello"), turn, userText("Go on")];
  }
  const call: AssistantPart = {
    kind: "tool_call",
    id: "call_1",
    name: "t",
    input: { kind: "object", value: {} },
    at,
  };
  return [userText("Hello"), { kind: "assistant", at, parts: [call] }, result(sample.result)];
}

function textParts() {
  return [{ kind: "text", text: "Look", at: place("messages", 1, "content") } as const];
}

function result(content: ToolResultContent): Message {
  const at = place("messages", 2);
  const part = { kind: "tool_result", callId: "call_1", name: "t", isError: false, at } as const;
  return { kind: "tool", at, parts: [{ ...part, content: [content] }] };
}

/** What came of a thing: said, left out with a warning, left out without one, or refused. */
type Outcome = "said" | "warned" | "silent" | "refused";

function withModels<Sample>(
  { models }: Column | EmbeddingColumn,
  samples: readonly Sample[],
): { model: string; sample: Sample }[] {
  return models.flatMap((model) => samples.map((sample) => ({ model, sample })));
}

function write({ codec }: Column, model: string, request: ChatRequest) {
  const context = recordingContext({ model, isBatch: false });
  try {
    reportUnsaid(request, codec, context);
    const body = JSON.stringify(codec.writeRequest(request, context));
    return { body, warnings: context.warnings.length };
  } catch (error) {
    if (error instanceof CodecError) return null;
    throw error;
  }
}

const EMBEDDING_FIELDS: Readonly<Record<EmbeddingField, readonly Partial<EmbeddingRequest>[]>> = {
  dimensions: [{ dimensions: 512 }, { dimensions: 1024 }, { dimensions: 1536 }],
  encodings: [{ encodings: ["float"] }, { encodings: ["base64"] }, { encodings: ["int8"] }],
  task: [{ task: "query" }],
  title: [{ title: "T" }],
  truncate: [{ truncate: "none" }, { truncate: "end" }],
  normalize: [{ normalize: true }, { normalize: false }],
  user: [{ user: "u" }],
};

const EMBEDDING_INPUTS: Readonly<Record<EmbeddingInput["kind"], readonly EmbeddingInput[]>> = {
  text: [{ kind: "text", text: "mark", at: ROOT }],
  tokens: [{ kind: "tokens", tokens: [1, 2], at: ROOT }],
  parts: [{ kind: "parts", parts: [{ kind: "text", text: "mark", at: ROOT }], at: ROOT }],
};

const embeddings = EMBEDDING_COLUMNS.flatMap((column) => [
  ...Object.entries(EMBEDDING_FIELDS).map(([name, samples]) => ({
    title: column.title,
    name,
    column,
    samples,
    support: embeddingSupportOf(column.codec.support.fields, name),
  })),
  ...Object.entries(EMBEDDING_INPUTS).map(([name, inputs]) => ({
    title: column.title,
    name,
    column,
    samples: inputs.map((input): Partial<EmbeddingRequest> => ({ inputs: [input] })),
    support: embeddingSupportOf(column.codec.support.inputs, name),
  })),
]);

describe("embeddings", () => {
  test.each(embeddings)("$title says of $name: $support", ({ column, samples, support }) => {
    const { codec } = column;
    const family = codec.family === "gemini" ? "openai" : "gemini";
    const inputs: readonly EmbeddingInput[] = [{ kind: "text", text: "Hello", at: ROOT }];
    const base: EmbeddingRequest = { family, model: null, inputs, extras: [] };
    const outcomes = withModels(column, samples).map(({ model, sample }): Outcome => {
      const without = writeEmbedding(column, model, base);
      const written = writeEmbedding(column, model, { ...base, ...sample });
      if (written === null || without === null) return "refused";
      if (written.body !== without.body) return "said";
      return written.warnings > without.warnings ? "warned" : "silent";
    });
    expect(fits(support, outcomes)).toBe(true);
  });
});

type EmbeddingColumn = (typeof EMBEDDING_COLUMNS)[number];

function writeEmbedding({ codec }: EmbeddingColumn, model: string, request: EmbeddingRequest) {
  const context = recordingContext({ model });
  try {
    reportUnsaidEmbedding(request, codec, context);
    const body = JSON.stringify(codec.writeRequest(request, context));
    return { body, warnings: context.warnings.length };
  } catch (error) {
    if (error instanceof CodecError) return null;
    throw error;
  }
}

function embeddingSupportOf(supports: object, name: string): Support {
  const support = new Map<string, Support>(Object.entries(supports)).get(name);
  if (support === undefined) throw new Error(`nothing is said of ${name}`);
  return support;
}

function fits(support: Support, outcomes: readonly Outcome[]): boolean {
  switch (support) {
    case "kept":
    case "emulated":
      // A value may be the default, and say itself by silence.
      return outcomes.includes("said") && outcomes.every((outcome) => isSaid(outcome));
    case "partly":
      return outcomes.some((outcome) => outcome !== "refused");
    case "ignored":
      return outcomes.every((outcome) => outcome === "silent");
    case "warned":
      return outcomes.every((outcome) => outcome === "warned");
    case "refused":
      return outcomes.every((outcome) => outcome === "refused");
  }
}

function isSaid(outcome: Outcome): boolean {
  return outcome === "said" || outcome === "silent";
}

function supportOf({ codec }: Column, field: string): Support {
  const support = new Map<string, Support>(Object.entries(codec.support.fields)).get(field);
  if (support === undefined) throw new Error(`${codec.name} says nothing of ${field}`);
  return support;
}

function partSupportOf({ codec }: Column, kind: string): Support {
  const support = new Map<string, Support>(Object.entries(codec.support.parts)).get(kind);
  if (support === undefined) throw new Error(`${codec.name} says nothing of ${kind}`);
  return support;
}
