import type {
  AssistantPart,
  ReasoningPart,
  RedactedReasoningPart,
  TextPart,
  ToolResultPart,
  UserPart,
} from "../../core/content.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { printJson } from "../line-fields.ts";
import { toolInputObject } from "../tool-input.ts";
import type { TurnPart } from "../turns.ts";
import { writeDocument, writeImage } from "./media-writer.ts";
import { withMembers } from "./own-extras.ts";
import { writeToolId } from "./tool-ids.ts";
import type { WriteScope } from "./write-scope.ts";

export function writeTurnPart(part: TurnPart, scope: WriteScope): JsonObject {
  return part.kind === "tool_result" ? writeToolResult(part, scope) : writeUserPart(part, scope);
}

function writeUserPart(part: UserPart, scope: WriteScope): JsonObject {
  switch (part.kind) {
    case "text":
      return writeText(part, scope);
    case "image":
      return finish(writeImage(part, scope), part, scope);
    case "document":
      return finish(writeDocument(part, scope), part, scope);
    case "native":
      if (part.family === "anthropic" && isJsonObject(part.value)) return part.value;
      throw scope.context.untranslatable(part.at, `${part.type} is only known to ${part.family}`);
    case "audio":
    case "video":
      throw scope.context.untranslatable(part.at, `Anthropic takes no ${part.kind}`);
  }
}

export function writeText(part: TextPart, scope: WriteScope): JsonObject {
  if (part.signature !== undefined) {
    scope.context.warn(part.at, "the signature of another family's model is left out");
  }
  return finish({ type: "text", text: part.text }, part, scope);
}

/** Null: what another family's model thought, which Anthropic doesn't take. */
export function writeAssistantPart(part: AssistantPart, scope: WriteScope): JsonObject | null {
  switch (part.kind) {
    case "refusal":
      return part.text === "" ? null : { type: "text", text: part.text };
    case "reasoning":
    case "redacted_reasoning":
      return writeThought(part, scope);
    case "tool_call": {
      if (part.signature !== undefined) {
        scope.context.warn(part.at, "the signature of another family's model is left out");
      }
      const input = toolInputObject(part, scope.context);
      const block = { type: "tool_use", id: writeToolId(part.id), name: part.name, input };
      return finish(block, part, scope);
    }
    case "image":
      throw scope.context.untranslatable(part.at, "Anthropic takes no images of the assistant's");
    case "text":
    case "document":
    case "audio":
    case "video":
    case "native":
      return writeUserPart(part, scope);
  }
}

function writeThought(
  part: ReasoningPart | RedactedReasoningPart,
  { context, own }: WriteScope,
): JsonObject | null {
  const signature = part.kind === "reasoning" ? part.signature : part.data;
  if (signature?.family !== "anthropic") {
    context.warn(part.at, "Anthropic takes back only thinking that its own models signed");
    return null;
  }
  const block: JsonObject =
    part.kind === "reasoning"
      ? { type: "thinking", thinking: part.text, signature: signature.value }
      : { type: "redacted_thinking", data: signature.value };
  return withMembers(block, own?.byPlace.get(part.at));
}

function writeToolResult(part: ToolResultPart, scope: WriteScope): JsonObject {
  const block = {
    type: "tool_result",
    tool_use_id: writeToolId(part.callId),
    content: writeResultContent(part, scope),
    is_error: part.isError ? true : undefined,
  };
  return finish(block, part, scope);
}

function writeResultContent(
  part: ToolResultPart,
  scope: WriteScope,
): string | readonly JsonObject[] | undefined {
  const said = part.content.filter((item) => item.kind !== "text" || item.text !== "");
  const [only] = said;
  if (only === undefined) return undefined;
  if (said.length === 1 && only.kind === "text" && only.cache === undefined) return only.text;
  return said.map((item) =>
    item.kind === "json"
      ? finish({ type: "text", text: printJson(item.value) }, item, scope)
      : writeUserPart(item, scope),
  );
}

/** What every block may have beside its own. */
function finish(
  block: JsonObject,
  part: TurnPart | AssistantPart | ToolResultPart["content"][number],
  scope: WriteScope,
): JsonObject {
  const cache = scope.writeCacheOf(part);
  const whole = cache === undefined ? block : { ...block, cache_control: cache };
  return scope.own === null ? whole : withMembers(whole, scope.own.byPlace.get(part.at));
}
