import type { JsonPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";

/** Other families take longer names and other signs; a renamed tool would be another tool. */
export function checkToolName(
  tool: { readonly name: string; readonly at: JsonPath },
  context: WriteContext,
): void {
  if (NAME.test(tool.name)) return;
  throw context.untranslatable(
    tool.at,
    `"${tool.name.slice(0, 80)}": Bedrock's tools have names of 1 to 64 letters, digits, _ and -`,
  );
}

const NAME = /^[a-zA-Z0-9_-]{1,64}$/;
