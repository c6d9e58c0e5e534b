import type { ChatRequest } from "../../core/chat-request.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import {
  type FunctionTool,
  JSON_OUTPUT_TOOL,
  type ToolChoice,
  type ToolDefinition,
} from "../../core/tools.ts";
import type { OutputPlan } from "./output-plan.ts";
import { withMembers } from "./own-extras.ts";
import { toStructuredSchema } from "./structured-schema.ts";
import type { WriteScope } from "./write-scope.ts";

export interface ToolPlan {
  readonly tools?: readonly JsonObject[] | undefined;
  readonly choice?: JsonObject | undefined;
  /** The model has to call a tool. */
  readonly isForced: boolean;
}

export function planTools(request: ChatRequest, output: OutputPlan, scope: WriteScope): ToolPlan {
  const { toolChoice } = request;
  const definitions = chosenTools(request, scope);
  const tools = definitions.map((tool) => writeTool(tool, scope));
  if (output.kind === "tool" && toolChoice?.kind !== "named") {
    const isAlone = tools.length === 0 || toolChoice?.kind === "none";
    tools.push(writeJsonTool(output, scope));
    // Two calls would be two answers.
    const single = { disable_parallel_tool_use: true };
    const choice = isAlone
      ? { type: "tool", name: JSON_OUTPUT_TOOL, ...single }
      : { type: "any", ...single };
    return { tools, choice, isForced: true };
  }
  const choice = writeChoice(request, tools.length > 0, scope);
  if (tools.length === 0) return { isForced: false };
  return { tools, choice, isForced: choice?.["type"] === "any" || choice?.["type"] === "tool" };
}

function chosenTools(request: ChatRequest, scope: WriteScope): readonly ToolDefinition[] {
  const { tools = [], toolChoice } = request;
  if (toolChoice?.kind !== "allowed") return tools;
  const names = new Set(toolChoice.names);
  const chosen = tools.filter((tool) => names.has(tool.name));
  if (chosen.length > 0) return chosen;
  throw scope.context.untranslatable("toolChoice", "none of the allowed tools is defined");
}

function writeChoice(
  request: ChatRequest,
  hasTools: boolean,
  { context, model }: WriteScope,
): JsonObject | undefined {
  const { toolChoice, parallelToolCalls } = request;
  const type = choiceType(toolChoice);
  const isForced = type === "any" || type === "tool";
  if (isForced && !hasTools) {
    throw context.untranslatable("toolChoice", "there are no tools to be called");
  }
  if (isForced && !model.forcedTools) {
    throw context.untranslatable("toolChoice", "this model can't be made to call a tool");
  }
  const single = parallelToolCalls === false ? true : undefined;
  if (type === null) {
    return single === undefined ? undefined : { type: "auto", disable_parallel_tool_use: single };
  }
  return {
    type,
    name: toolChoice?.kind === "named" ? toolChoice.name : undefined,
    disable_parallel_tool_use: type === "none" ? undefined : single,
  };
}

function choiceType(choice: ToolChoice | undefined): "auto" | "any" | "tool" | "none" | null {
  switch (choice?.kind) {
    case undefined:
      return null;
    case "auto":
    case "none":
      return choice.kind;
    case "required":
      return "any";
    case "named":
      return "tool";
    case "allowed":
      return choice.mode === "required" ? "any" : "auto";
  }
}

function writeTool(tool: ToolDefinition, scope: WriteScope): JsonObject {
  const { context, own } = scope;
  switch (tool.kind) {
    case "function": {
      const written = writeFunction(tool, scope);
      return own === null ? written : withMembers(written, own.byPlace.get(tool.at));
    }
    case "native":
      if (tool.family === "anthropic" && isJsonObject(tool.value)) return tool.value;
      throw context.untranslatable(tool.at, `"${tool.name.slice(0, 80)}" is run by ${tool.family}`);
    case "custom":
      throw context.untranslatable(tool.at, "Anthropic has no tools that take free text");
  }
}

function writeFunction(tool: FunctionTool, scope: WriteScope): JsonObject {
  if (!TOOL_NAME.test(tool.name)) {
    throw scope.context.untranslatable(
      tool.at,
      `"${tool.name.slice(0, 80)}": Anthropic's tools have names of 1 to 128 letters, digits, _ and -`,
    );
  }
  const schema = writeInputSchema(tool, scope);
  return {
    name: tool.name,
    description: tool.description,
    ...writeStrict(tool, schema, scope),
    cache_control: scope.writeCacheOf(tool),
  };
}

const TOOL_NAME = /^[a-zA-Z0-9_-]{1,128}$/;

/** Anthropic wants an object, and wants it to be said. */
function writeInputSchema(tool: FunctionTool, { context }: WriteScope): JsonObject {
  const { schema } = tool;
  if (schema === undefined) return { type: "object", properties: {} };
  if (schema["type"] === "object") return schema;
  if (schema["type"] === undefined) return { type: "object", ...schema };
  throw context.untranslatable(tool.at, `the parameters of "${tool.name}" must be an object`);
}

function writeStrict(tool: FunctionTool, schema: JsonObject, scope: WriteScope): JsonObject {
  const { context, model } = scope;
  if (tool.strict !== true) {
    return { input_schema: schema, strict: model.structuredOutput ? tool.strict : undefined };
  }
  const at = childPath(tool.at, "strict");
  const fitted = model.structuredOutput ? toStructuredSchema(schema) : null;
  if (fitted?.kind !== "schema") {
    const reason =
      fitted === null ? "this model isn't held to schemas" : `the schema ${fitted.problem}`;
    context.warn(at, reason);
    return { input_schema: schema };
  }
  if (fitted.isLoosened) {
    context.warn(at, "the model is told of bounds in the schema, not held to them");
  }
  return { input_schema: fitted.schema, strict: true };
}

function writeJsonTool(
  output: OutputPlan & { readonly kind: "tool" },
  { context }: WriteScope,
): JsonObject {
  const { schema, description } = output;
  const { type } = schema;
  if (type !== undefined && type !== "object") {
    throw context.untranslatable("responseFormat", "the schema must be of an object");
  }
  return { name: JSON_OUTPUT_TOOL, description, input_schema: { type: "object", ...schema } };
}
