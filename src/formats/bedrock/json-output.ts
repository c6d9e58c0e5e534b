import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { JSON_OUTPUT_TOOL } from "../../core/tools.ts";
import type { WriteContext } from "../../core/write-context.ts";

/** How a model is made to answer in JSON. */
export type OutputPlan =
  | { readonly kind: "text" }
  /** By a word in the system text. */
  | { readonly kind: "instruction" }
  /** By Converse's own `outputConfig.textFormat`. */
  | { readonly kind: "schema"; readonly schema: JsonObject }
  /** By a tool that has to be called. */
  | { readonly kind: "tool"; readonly spec: JsonObject };

export interface OutputWays {
  readonly takesSchema: boolean;
  readonly takesForcedTool: boolean;
}

export function planOutput(
  { responseFormat: format }: ChatRequest,
  ways: OutputWays,
  context: WriteContext,
): OutputPlan {
  if (format === undefined || format.kind === "text") return { kind: "text" };
  if (format.kind === "json_object") {
    context.warn("responseFormat", "the model is asked for JSON in words, and not held to it");
    return { kind: "instruction" };
  }
  if (ways.takesSchema) return { kind: "schema", schema: format.schema };
  if (!ways.takesForcedTool) {
    throw context.untranslatable("responseFormat", "the model can't be held to a schema here");
  }
  const { schema, description } = format;
  if (schema["type"] !== undefined && schema["type"] !== "object") {
    throw context.untranslatable("responseFormat", "the schema must be of an object");
  }
  return {
    kind: "tool",
    spec: {
      toolSpec: {
        name: JSON_OUTPUT_TOOL,
        description: description ?? "Gives the answer: its input is the whole answer.",
        inputSchema: { json: { type: "object", ...schema } },
      },
    },
  };
}

export const JSON_INSTRUCTION =
  "Answer with a single JSON object and nothing else: no words around it, no Markdown fence.";
