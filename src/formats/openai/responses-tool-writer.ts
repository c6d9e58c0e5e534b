import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ToolChoice, ToolDefinition } from "../../core/tools.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toObject } from "../fields.ts";
import { isFrom } from "./api-origin.ts";
import type { WrittenTools } from "./chat-tool-writer.ts";
import { objectIn } from "../open-values.ts";
import { checkToolName, customToolNames } from "./tool-names.ts";

/** `tools` and what means nothing without them. */
export function writeResponsesTools(request: ChatRequest, context: WriteContext): WrittenTools {
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
      const { name, description, schema } = tool;
      // Left out, strict is on here and off everywhere else.
      const strict = tool.strict ?? (isFrom(request, "responses") ? null : false);
      return { type: "function", name, description, parameters: schema ?? NO_PARAMETERS, strict };
    }
    case "custom":
      return {
        type: "custom",
        name: tool.name,
        description: tool.description,
        format: writeInputFormat(tool.inputFormat),
      };
    case "native":
      if (tool.family === "openai" && isFrom(request, "responses")) {
        return toObject(tool.value, tool.at);
      }
      throw context.untranslatable(tool.at, `the Responses API has no tool "${tool.name}"`);
  }
}

const NO_PARAMETERS = { type: "object", properties: {}, required: [], additionalProperties: false };

function writeInputFormat(format: JsonObject | undefined): JsonObject | undefined {
  const grammar = format === undefined ? undefined : objectIn(format, "grammar");
  return grammar === undefined ? format : { type: "grammar", ...grammar };
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
      return { type: "allowed_tools", mode: choice.mode, tools };
    }
  }
}

function namedTool(name: string, custom: ReadonlySet<string>): JsonObject {
  return { type: custom.has(name) ? "custom" : "function", name };
}
