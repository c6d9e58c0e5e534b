import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import type { FunctionTool, ToolChoice, ToolDefinition } from "../../core/tools.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { nativeTool } from "./chat-tools.ts";
import { schemaReport } from "./json-output.ts";
import type { OwnExtras } from "./own-extras.ts";
import { toGeminiSchema } from "./schema-writer.ts";

export interface ToolScope {
  readonly context: WriteContext;
  readonly own: OwnExtras;
}

/** All functions go into one tool, as Google's own clients write it. */
export function writeTools(
  request: ChatRequest,
  scope: ToolScope,
): readonly JsonObject[] | undefined {
  const { tools } = request;
  if (tools === undefined || tools.length === 0) return undefined;
  const functions: JsonObject[] = [];
  const natives: JsonObject[] = [];
  for (const tool of tools) addTool({ functions, natives }, tool, { request, ...scope });
  return functions.length === 0 ? natives : [{ functionDeclarations: functions }, ...natives];
}

interface OpenTools {
  readonly functions: JsonObject[];
  readonly natives: JsonObject[];
}

function addTool(
  { functions, natives }: OpenTools,
  tool: ToolDefinition,
  scope: ToolScope & { readonly request: ChatRequest },
): void {
  const { context, request, own } = scope;
  const isOwn = request.family === "gemini";
  switch (tool.kind) {
    case "function":
      if (!isOwn) checkName(tool, context);
      functions.push({
        name: tool.name,
        // Google's schema has it required.
        description: tool.description ?? "",
        parameters: writeParameters(tool, context),
        ...own.at(tool.at),
      });
      return;
    case "custom":
      throw context.untranslatable(tool.at, "Gemini's functions take JSON, not free text");
    case "native": {
      const native = nativeTool(tool);
      if (native === null)
        throw context.untranslatable(tool.at, `Gemini has no tool "${tool.name}"`);
      natives.push(native);
    }
  }
}

/** A renamed function would be another. The first letter: wire.md F.3; the rest: Google's own schema. */
function checkName(tool: FunctionTool, context: WriteContext): void {
  if (/^[a-zA-Z_][\w.:-]{0,127}$/.test(tool.name)) return;
  throw context.untranslatable(
    tool.at,
    `"${tool.name.slice(0, 80)}": Gemini's functions have names of at most 128 letters, digits, _ . : and -, that begin with a letter or _`,
  );
}

/** A function that takes nothing has none: Gemini refuses an object without properties here. */
function writeParameters(tool: FunctionTool, context: WriteContext): JsonObject | undefined {
  if (tool.schema === undefined) return undefined;
  const report = schemaReport(tool.at, context);
  const schema = toGeminiSchema(tool.schema, { report, keepsOrder: false });
  return schema["type"] === "OBJECT" && schema["properties"] === undefined ? undefined : schema;
}

export function writeToolConfig(request: ChatRequest, own: OwnExtras): JsonObject | undefined {
  const { tools, toolChoice } = request;
  const hasTools = tools !== undefined && tools.length > 0;
  const isStrict = tools?.some((tool) => tool.kind === "function" && tool.strict === true) ?? false;
  const chosen =
    hasTools || request.family === "gemini" ? writeChoice(toolChoice, isStrict) : undefined;
  const ownCalling = own.in("toolConfig.functionCallingConfig");
  const ownConfig = own.in("toolConfig");
  if (chosen === undefined && ownCalling === undefined && ownConfig === undefined) return undefined;
  const calling =
    chosen === undefined && ownCalling === undefined ? undefined : { ...chosen, ...ownCalling };
  return { functionCallingConfig: calling, ...ownConfig };
}

function writeChoice(choice: ToolChoice | undefined, isStrict: boolean): JsonObject | undefined {
  switch (choice?.kind) {
    case undefined:
      // Only in this mode are calls held to their schemas.
      return isStrict ? { mode: "VALIDATED" } : undefined;
    case "auto":
      return { mode: isStrict ? "VALIDATED" : "AUTO" };
    case "none":
      return { mode: "NONE" };
    case "required":
      return { mode: "ANY" };
    case "named":
      return { mode: "ANY", allowedFunctionNames: [choice.name] };
    case "allowed": {
      const mode = choice.mode === "required" ? "ANY" : "VALIDATED";
      return { mode, allowedFunctionNames: choice.names };
    }
  }
}
