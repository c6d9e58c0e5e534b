import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath } from "../../core/json-path.ts";
import type { FunctionTool, ToolChoice, ToolDefinition } from "../../core/tools.ts";
import { toObject } from "../fields.ts";
import { addCachePoint } from "./content-writer.ts";
import { NO_TOOLS, type WrittenTools } from "./converse-settings.ts";
import type { OutputPlan } from "./json-output.ts";
import { takesSchema } from "./model-limits.ts";
import { checkToolName } from "./tool-names.ts";
import type { WriteScope } from "./write-scope.ts";

/** The tools of a request for any model but Claude, and the one by which JSON is asked for. */
export function writeTools(
  request: ChatRequest,
  output: OutputPlan,
  scope: WriteScope,
): WrittenTools {
  const { toolChoice } = request;
  const specs: JsonObject[] = [];
  for (const tool of chosenTools(request, scope)) {
    specs.push(writeTool(tool, scope));
    addCachePoint(specs, tool.cache, scope);
  }
  const choice = writeChoice(toolChoice, specs.length > 0, scope);
  warnOfParallel(request, specs.length > 0, scope);
  if (output.kind !== "tool" || toolChoice?.kind === "named") {
    return specs.length === 0 ? NO_TOOLS : { specs, choice, isForJson: false };
  }
  // Beside other tools, the model may as well call one of those first.
  const tools = choice === "none" ? [] : specs;
  return { specs: [...tools, output.spec], choice: { any: {} }, isForJson: true };
}

function chosenTools(request: ChatRequest, { context }: WriteScope): readonly ToolDefinition[] {
  const { tools = [], toolChoice } = request;
  if (toolChoice?.kind !== "allowed") return tools;
  const names = new Set(toolChoice.names);
  const chosen = tools.filter((tool) => names.has(tool.name));
  if (chosen.length > 0) return chosen;
  throw context.untranslatable("toolChoice", "none of the allowed tools is defined");
}

function writeTool(tool: ToolDefinition, scope: WriteScope): JsonObject {
  const { context, body } = scope;
  switch (tool.kind) {
    case "function":
      return { toolSpec: writeSpec(tool, scope) };
    case "custom":
      throw context.untranslatable(tool.at, "Bedrock has no tools that take free text");
    case "native":
      if (tool.family === "bedrock" && body === "converse") return toObject(tool.value, tool.at);
      throw context.untranslatable(tool.at, `Bedrock has no tool "${tool.name.slice(0, 80)}"`);
  }
}

function writeSpec(tool: FunctionTool, scope: WriteScope): JsonObject {
  checkToolName(tool, scope.context);
  const { name, description } = tool;
  return {
    name,
    description: description === "" ? undefined : description,
    inputSchema: { json: writeInputSchema(tool, scope) },
    strict: writeStrict(tool, scope),
  };
}

/** Bedrock wants an object, and wants it to be said. */
function writeInputSchema({ schema, name, at }: FunctionTool, { context }: WriteScope): JsonObject {
  if (schema === undefined) return { type: "object", properties: {} };
  if (schema["type"] === "object") return schema;
  if (schema["type"] === undefined) return { type: "object", ...schema };
  throw context.untranslatable(at, `the parameters of "${name}" must be an object`);
}

function writeStrict({ strict, at }: FunctionTool, scope: WriteScope): boolean | undefined {
  if (strict !== true) return scope.isOwn ? strict : undefined;
  if (scope.body === "converse" && (scope.isOwn || takesSchema(scope.model))) return true;
  scope.context.warn(childPath(at, "strict"), "the model isn't held to the schemas of its tools");
  return undefined;
}

function writeChoice(
  choice: ToolChoice | undefined,
  hasTools: boolean,
  { context }: WriteScope,
): WrittenTools["choice"] {
  const isForced = choice?.kind === "required" || choice?.kind === "named";
  if (isForced && !hasTools) {
    throw context.untranslatable("toolChoice", "there are no tools to be called");
  }
  switch (choice?.kind) {
    case undefined:
      return undefined;
    case "none":
      return "none";
    case "auto":
      return { auto: {} };
    case "required":
      return { any: {} };
    case "named":
      return { tool: { name: choice.name } };
    case "allowed":
      return choice.mode === "auto" ? { auto: {} } : { any: {} };
  }
}

function warnOfParallel(request: ChatRequest, hasTools: boolean, { context }: WriteScope): void {
  if (request.parallelToolCalls !== false || !hasTools) return;
  context.warn("parallelToolCalls", "only Claude can be kept to one call at a time");
}
