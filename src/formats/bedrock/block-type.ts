import type { NativePart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath } from "../../core/json-path.ts";
import { invalid } from "../fields.ts";
import type { BlockScope } from "./block-scope.ts";

/** A block holds one thing, under the name of what it is. Answers may get more beside it some day. */
export function blockType(block: JsonObject, at: JsonPath, scope: BlockScope): string {
  let found: string | undefined;
  for (const key in block) {
    if (block[key] === undefined || block[key] === null) continue;
    if (found === undefined) found = key;
    else if (!scope.isAnswer) throw invalid(at, key, `there is ${found} in this block already`);
    else if (KNOWN.has(found)) addExtra(block, childPath(at, key), scope);
    else {
      addExtra(block, childPath(at, found), scope);
      found = key;
    }
  }
  if (found !== undefined) return found;
  if (scope.isAnswer) return "empty";
  throw invalid(at, "text", "or another content must be given");
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html */
const KNOWN: ReadonlySet<string> = new Set([
  "text",
  "image",
  "document",
  "video",
  "audio",
  "toolUse",
  "toolResult",
  "guardContent",
  "cachePoint",
  "reasoningContent",
  "citationsContent",
  "searchResult",
]);

export function nativeBlock(type: string, block: JsonObject, at: JsonPath): NativePart {
  return { kind: "native", family: "bedrock", type, value: block, at };
}

function addExtra(block: JsonObject, path: JsonPath, scope: BlockScope): void {
  const value = block[path.key];
  if (value !== undefined) scope.extras.push({ path, value, isEssential: false });
}
