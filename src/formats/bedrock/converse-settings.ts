import type { JsonObject } from "../../core/json.ts";

/** What of a Converse body depends on who made the model. */
export interface ConverseSettings {
  readonly inferenceConfig: JsonObject | undefined;
  readonly tools: WrittenTools;
  readonly outputConfig: JsonObject | undefined;
  readonly modelFields: JsonObject | undefined;
  /** A word in the system text, where that is how the model is told. */
  readonly instruction: string | undefined;
}

export interface WrittenTools {
  readonly specs: readonly JsonObject[];
  /** Undefined: not said. `none`: no tool may be called, which Bedrock has no word for. */
  readonly choice: JsonObject | "none" | undefined;
  /** The tool that we made for want of JSON output is among them. */
  readonly isForJson: boolean;
}

export const NO_TOOLS: WrittenTools = { specs: [], choice: undefined, isForJson: false };

/** Undefined if nothing is in it: Bedrock wants no empty objects. */
export function unlessEmpty(object: JsonObject): JsonObject | undefined {
  for (const key in object) if (object[key] !== undefined) return object;
  return undefined;
}
