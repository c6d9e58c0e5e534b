import type { CacheControl } from "./content.ts";
import type { FormatName } from "./format-name.ts";
import type { Json, JsonObject } from "./json.ts";
import type { JsonPath } from "./json-path.ts";

export type ToolDefinition = FunctionTool | CustomTool | NativeTool;

interface ToolBase {
  /** Where it stood in the source body. */
  readonly at: JsonPath;
  readonly name: string;
  readonly cache?: CacheControl | undefined;
}

export interface FunctionTool extends ToolBase {
  readonly kind: "function";
  readonly description?: string | undefined;
  /** JSON Schema; the Gemini codec turns its OpenAPI subset into it and back. Left out: the tool takes nothing. */
  readonly schema?: JsonObject | undefined;
  readonly strict?: boolean | undefined;
}

/** OpenAI's tool that takes free text, perhaps in a grammar. */
interface CustomTool extends ToolBase {
  readonly kind: "custom";
  readonly description?: string | undefined;
  readonly inputFormat?: JsonObject | undefined;
}

/** A tool that the provider itself runs (web search, code execution): no other family can say it. */
interface NativeTool extends ToolBase {
  readonly kind: "native";
  readonly family: FormatName;
  readonly value: Json;
}

export type ToolChoice =
  | { readonly kind: "auto" }
  | { readonly kind: "none" }
  /** Some tool has to be called. */
  | { readonly kind: "required" }
  | { readonly kind: "named"; readonly name: string }
  | {
      readonly kind: "allowed";
      readonly mode: "auto" | "required";
      readonly names: readonly string[];
    };

/**
 * The tool that a writer makes where its format has no JSON output: the model is forced to call it, and the codec of that
 * format reads the call back as text, so that nobody else ever sees it.
 */
export const JSON_OUTPUT_TOOL = "crossbatch_json_output";
