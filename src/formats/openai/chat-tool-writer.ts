import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ToolChoice, ToolDefinition } from "../../core/tools.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toObject } from "../fields.ts";
import { isFrom } from "./api-origin.ts";
import { checkToolName, customToolNames } from "./tool-names.ts";

export interface WrittenTools {
  readonly tools?: readonly JsonObject[];
  readonly tool_choice?: string | JsonObject;
  readonly parallel_tool_calls?: boolean | undefined;
}

/** `tools` and what OpenAI takes only beside them. */
export function writeTools(request: ChatRequest, context: WriteContext): WrittenTools {
  const { tools, toolChoice } = request;
  if (tools === undefined || tools.length === 0) return {};
  const written = tools.map((tool) => writeTool(tool, request, context));
  const parallel = { parallel_tool_calls: request.parallelToolCalls };
  if (toolChoice === undefined) return { tools: written, ...parallel };
  const custom = customToolNames(tools);
  return { tools: written, tool_choice: writeToolChoice(toolChoice, custom), ...parallel };
}

function writeTool(tool: ToolDefinition, request: ChatRequest, context: WriteContext): JsonObject {
  switch (tool.kind) {
    case "function": {
      if (request.family !== "openai") checkToolName(tool, context);
      const { name, description, schema, strict } = tool;
      const definition = { name, description, parameters: schema, strict };
      return { type: "function", function: definition, cache_control: writeMark(tool, request) };
    }
    case "custom": {
      const { name, description, inputFormat } = tool;
      return { type: "custom", custom: { name, description, format: inputFormat } };
    }
    case "native":
      if (tool.family === "openai" && isFrom(request, "chat")) return toObject(tool.value, tool.at);
      throw context.untranslatable(tool.at, `Chat Completions has no tool "${tool.name}"`);
  }
}

/** Anthropic's mark, which compatible hosts take, goes back to them alone. */
function writeMark(tool: ToolDefinition, request: ChatRequest): JsonObject | undefined {
  const { cache } = tool;
  if (cache === undefined || !isFrom(request, "chat")) return undefined;
  return { type: "ephemeral", ttl: cache.ttl ?? undefined };
}

function writeToolChoice(choice: ToolChoice, custom: ReadonlySet<string>): string | JsonObject {
  switch (choice.kind) {
    case "auto":
    case "none":
    case "required":
      return choice.kind;
    case "named":
      return namedTool(choice.name, custom);
    case "allowed": {
      const tools = choice.names.map((name) => namedTool(name, custom));
      return { type: "allowed_tools", allowed_tools: { mode: choice.mode, tools } };
    }
  }
}

function namedTool(name: string, custom: ReadonlySet<string>): JsonObject {
  return custom.has(name)
    ? { type: "custom", custom: { name } }
    : { type: "function", function: { name } };
}
