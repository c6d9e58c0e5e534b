import type { JsonObject } from "../../core/json.ts";
import type { JsonPath } from "../../core/json-path.ts";
import type { Conversation } from "../turns.ts";
import type { WrittenTools } from "./converse-settings.ts";
import type { WriteScope } from "./write-scope.ts";

/**
 * `toolConfig`. Bedrock wants it wherever the conversation holds calls or results, has no word for forbidding calls, and takes none
 * of it in a Converse batch.
 */
export function writeToolConfig(
  tools: WrittenTools,
  conversation: Conversation,
  scope: WriteScope,
): JsonObject | undefined {
  const { context } = scope;
  const called = findCalls(conversation);
  const isForbidden = tools.choice === "none";
  if (called === null && (tools.specs.length === 0 || isForbidden)) return undefined;
  if (context.isBatch && scope.body === "converse") {
    throw context.untranslatable(
      tools.isForJson
        ? "responseFormat"
        : tools.specs.length > 0
          ? "tools"
          : (called?.at ?? "tools"),
      "a Converse batch takes no tools: InvokeModel bodies do (modelInvocationType)",
    );
  }
  if (isForbidden) {
    context.warn("toolChoice", "Bedrock can't forbid calls where the conversation has some");
  }
  if (tools.specs.length > 0) {
    return { tools: tools.specs, toolChoice: isForbidden ? undefined : tools.choice };
  }
  context.warn(called?.at ?? "tools", "Bedrock wants a definition of the tools that were called");
  return { tools: [...(called?.names ?? [])].map(bareTool) };
}

function bareTool(name: string): JsonObject {
  return { toolSpec: { name, inputSchema: { json: { type: "object", properties: {} } } } };
}

interface Calls {
  readonly at: JsonPath;
  readonly names: ReadonlySet<string>;
}

function findCalls({ turns }: Conversation): Calls | null {
  let at: JsonPath | null = null;
  const names = new Set<string>();
  for (const turn of turns) {
    for (const part of turn.parts) {
      if (part.kind !== "tool_call" && part.kind !== "tool_result") continue;
      at ??= part.at;
      if (part.name !== null) names.add(part.name);
    }
  }
  if (at === null) return null;
  // A result whose call isn't there: the definition has to have some name.
  return { at, names: names.size === 0 ? new Set(["tool"]) : names };
}
