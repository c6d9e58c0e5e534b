import type { ToolDefinition } from "../../core/tools.ts";
import type { WriteContext } from "../../core/write-context.ts";

/** Other families take longer names and other signs; a renamed tool would be another tool. */
export function checkToolName(tool: ToolDefinition, context: WriteContext): void {
  if (NAME.test(tool.name)) return;
  throw context.untranslatable(
    tool.at,
    `"${tool.name.slice(0, 80)}": OpenAI's tools have names of 1 to 64 letters, digits, _ and -`,
  );
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;

/** The tools that take free text: OpenAI wants their kind with their name. */
export function customToolNames(tools: readonly ToolDefinition[] | undefined): ReadonlySet<string> {
  const custom = (tools ?? []).filter((tool) => tool.kind === "custom");
  return custom.length === 0 ? NO_NAMES : new Set(custom.map((tool) => tool.name));
}

const NO_NAMES: ReadonlySet<string> = new Set();
