import { CodecError } from "../../core/codec-error.ts";
import type { Extra } from "../../core/chat-request.ts";
import type { EmbeddingInput, EmbeddingRequest, EmbeddingTask } from "../../core/embeddings.ts";
import type { UserPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { invalid, readObject, toObject } from "../fields.ts";
import { createCallIds } from "./call-ids.ts";
import { type PartScope, parsePart } from "./chat-parts.ts";
import { parseModel } from "./chat-request.ts";
import { writeUserPart } from "./contents-writer.ts";
import { TASK_WORDS, taskOf, taskWord } from "./embedding-tasks.ts";
import { ownExtrasOf } from "./own-extras.ts";
import {
  createProtoExtrasReader,
  protoInteger,
  protoItems,
  protoText,
  spelled,
} from "./proto-fields.ts";
import type { WriteScope } from "./write-scope.ts";

/** An EmbedContentRequest, or several that only differ in their content: https://ai.google.dev/api/embeddings */
export function parseEmbeddingRequest(body: JsonObject): EmbeddingRequest {
  const extras: Extra[] = [];
  const items = protoItems(body, "requests", ROOT);
  const requests = items?.map(({ value, at }) => ({ request: toObject(value, at), at }));
  const [first, ...others] = requests ?? [{ request: body, at: ROOT }];
  if (first === undefined) throw invalid(ROOT, "requests", "must hold a request");
  const settings = parseSettings(first.request, first.at, extras);
  for (const { request, at } of others) {
    const other = parseSettings(request, at, extras);
    if (JSON.stringify(other) !== JSON.stringify(settings)) {
      throw new CodecError("invalid_request", at, "must ask for the same as the first request");
    }
  }
  const inputs = (requests ?? [first]).map(({ request, at }) => parseInput(request, at, extras));
  return { family: "gemini", inputs, extras, ...settings };
}

type Settings = Pick<EmbeddingRequest, "model" | "dimensions" | "task" | "title">;

function parseSettings(request: JsonObject, at: JsonPath, extras: Extra[]): Settings {
  readExtras(request, at, extras);
  return {
    model: parseModel(request),
    dimensions: protoInteger(request, "outputDimensionality", at),
    task: parseTask(request, at),
    title: protoText(request, "title", at),
  };
}

const readExtras = createProtoExtrasReader("model content outputDimensionality taskType title");

function parseTask(request: JsonObject, at: JsonPath): EmbeddingTask | undefined {
  const word = protoText(request, "taskType", at)?.toUpperCase();
  if (word === undefined || word === "" || word === "TASK_TYPE_UNSPECIFIED") return undefined;
  const task = taskOf(word);
  if (task !== undefined) return task;
  throw invalid(at, spelled(request, "taskType"), `must be one of ${TASK_WORDS}`);
}

function parseInput(request: JsonObject, at: JsonPath, extras: Extra[]): EmbeddingInput {
  const content = readObject(request, "content", at);
  const contentAt = childPath(at, "content");
  readContentExtras(content, contentAt, extras);
  const scope: PartScope = { extras, calls: createCallIds("call_"), isAnswer: false };
  const items = protoItems(content, "parts", contentAt) ?? [];
  const parts = items.map((item): UserPart => {
    const part = parsePart(item.value, item.at, scope);
    switch (part.kind) {
      case "text":
      case "image":
      case "document":
      case "audio":
      case "video":
      case "native":
        return part;
      case "tool_call":
      case "tool_result":
      case "reasoning":
      case "redacted_reasoning":
      case "refusal":
        throw new CodecError("invalid_request", item.at, "can't be embedded");
    }
  });
  const [only] = parts;
  if (only === undefined) throw invalid(contentAt, "parts", "must hold a part");
  return parts.length === 1 && only.kind === "text"
    ? { kind: "text", text: only.text, at: only.at }
    : { kind: "parts", parts, at: contentAt };
}

const readContentExtras = createProtoExtrasReader("parts role");

export function writeEmbeddingRequest(
  request: EmbeddingRequest,
  context: WriteContext,
): JsonObject {
  const isOwn = request.family === "gemini";
  const own = ownExtrasOf(request);
  const scope: WriteScope = { context, isOwn, own };
  warnOfEncodings(request, context);
  const settings = {
    taskType: writeTask(request, context),
    title: request.title,
    outputDimensionality: request.dimensions,
  };
  const contents = request.inputs.map((input) => ({
    content: writeInput(input, scope),
    ...settings,
  }));
  const [only] = contents;
  const ownBody = own.in("");
  return contents.length === 1 && only !== undefined
    ? { ...only, ...ownBody }
    : { requests: contents, ...ownBody };
}

function writeInput(input: EmbeddingInput, scope: WriteScope): JsonObject {
  switch (input.kind) {
    case "text":
      return { parts: [{ text: input.text }] };
    case "parts":
      return { parts: input.parts.map((part) => writeUserPart(part, scope)) };
    case "tokens":
      throw scope.context.untranslatable(input.at, "Gemini embeds texts, not tokens");
  }
}

function writeTask(request: EmbeddingRequest, context: WriteContext): string | undefined {
  const { task } = request;
  if (task === undefined) return undefined;
  const word = taskWord(task);
  if (word === undefined) context.warn("task", `Gemini has no task "${task}"`);
  return word;
}

/** Gemini gives floats; that they go out in base64 is the writer of the answer's business. */
function warnOfEncodings({ encodings }: EmbeddingRequest, context: WriteContext): void {
  if (encodings === undefined || encodings.length === 0) return;
  if (!encodings.includes("float") && !encodings.includes("base64")) {
    throw context.untranslatable("encodings", "Gemini's vectors are floats");
  }
  if (encodings.length > 1) context.warn("encodings", "Gemini gives one encoding: float");
}
