import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { WriteContext } from "../../core/write-context.ts";
import type { ClaudeModel } from "./claude-models.ts";
import { toStructuredSchema } from "./structured-schema.ts";

/** How the model is made to answer in JSON. */
export type OutputPlan =
  | { readonly kind: "text" }
  /** By a word in the system text. */
  | { readonly kind: "instruction" }
  /** `output_config.format`. */
  | { readonly kind: "schema"; readonly schema: JsonObject }
  /** By a tool that has to be called: for models, and for schemas, that structured output isn't made for. */
  | { readonly kind: "tool"; readonly schema: JsonObject; readonly description: string };

export function planOutput(
  request: ChatRequest,
  model: ClaudeModel,
  context: WriteContext,
): OutputPlan {
  const format = request.responseFormat;
  if (format === undefined || format.kind === "text") return { kind: "text" };
  if (format.kind === "json_object") return { kind: "instruction" };
  const fitted = model.structuredOutput ? toStructuredSchema(format.schema) : null;
  if (fitted?.kind === "schema") {
    if (fitted.isLoosened) {
      context.warn("responseFormat", "the model is told of bounds in the schema, not held to them");
    }
    return { kind: "schema", schema: withDescription(fitted.schema, format.description) };
  }
  if (!model.forcedTools) {
    const problem = fitted === null ? "can't be enforced" : fitted.problem;
    throw context.untranslatable("responseFormat", `the schema ${problem}`);
  }
  return {
    kind: "tool",
    schema: format.schema,
    description: format.description ?? "Gives the answer: its input is the whole answer.",
  };
}

function withDescription(schema: JsonObject, description: string | undefined): JsonObject {
  return description === undefined || schema["description"] !== undefined
    ? schema
    : { ...schema, description };
}

/** What the system text says where any JSON object will do: a forced tool without properties is called with none. */
export const JSON_INSTRUCTION =
  "Answer with a single JSON object and nothing else: no words around it, no Markdown fence.";
