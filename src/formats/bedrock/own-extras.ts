import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { JsonPath } from "../../core/json-path.ts";

/** Whether Converse's writer says an extra that Converse's parser found. */
export function isOwnExtra(extra: Extra): boolean {
  return isOwnMember(extra) || isModelField(extra) || isSystemBlock(extra.path);
}

/** A member of the body itself, one that Converse may get tomorrow included. */
export function isOwnMember({ path }: Extra): boolean {
  return path.parent !== null && path.parent.parent === null && !FOREIGN.has(path.key);
}

/** Of InvokeModel's bodies, or of none. */
const FOREIGN: ReadonlySet<string | number> = new Set(["model", "modelId", "stream", "images"]);

export function isModelField({ path }: Extra): boolean {
  const top = topOf(path);
  return top !== path && top.key === "additionalModelRequestFields";
}

/** Guarded text of the system's: `system[0].guardContent`. */
function isSystemBlock(path: JsonPath): boolean {
  return path.key === "guardContent" && topOf(path).key === "system";
}

function topOf(path: JsonPath): JsonPath {
  let node = path;
  while (node.parent !== null && node.parent.parent !== null) node = node.parent;
  return node;
}

/** By the places of their texts. */
export function ownBlocksOf({ family, extras }: ChatRequest): ReadonlyMap<JsonPath, Extra> {
  if (family !== "bedrock" || extras.length === 0) return NO_BLOCKS;
  const blocks = extras.filter(({ path }) => isSystemBlock(path));
  return blocks.length === 0 ? NO_BLOCKS : new Map(blocks.map((extra) => [extra.path, extra]));
}

const NO_BLOCKS: ReadonlyMap<JsonPath, Extra> = new Map();
