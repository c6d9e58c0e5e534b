import type { BatchControl } from "../batch-control.ts";
import type { Control } from "../control.ts";

/** What a test steers in the OpenAI emulator. */
export interface OpenAIControl extends Control, BatchControl {}
