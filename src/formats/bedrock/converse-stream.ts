import type { ChatDelta, StreamParser } from "../../core/chat-stream.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import type { ServerEvent } from "../../core/provider.ts";
import { printJson } from "../line-fields.ts";
import { countIn, objectIn, stringIn } from "../open-values.ts";
import { parseSignature } from "../signatures.ts";
import { eventData } from "../stream-events.ts";
import { parseFinish } from "./converse-response.ts";
import { parseConverseUsage } from "./converse-usage.ts";
import { parseRedacted } from "./reasoning.ts";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStreamOutput.html */
export function createConverseStreamParser(): StreamParser {
  /** Place of a block → place of its call. */
  const calls = new Map<number, number>();

  function startBlock(payload: JsonObject): ChatDelta[] {
    const toolUse = objectIn(objectIn(payload, "start") ?? {}, "toolUse");
    if (toolUse === undefined) return [];
    const index = calls.size;
    calls.set(countIn(payload, "contentBlockIndex") ?? 0, index);
    const id = stringIn(toolUse, "toolUseId") ?? "";
    return [{ kind: "call", choice: 0, index, id, name: stringIn(toolUse, "name") ?? "" }];
  }

  function moreOfBlock(payload: JsonObject): ChatDelta[] {
    const delta = objectIn(payload, "delta") ?? {};
    const text = stringIn(delta, "text");
    if (text !== undefined) return text === "" ? [] : [{ kind: "text", choice: 0, text }];
    const reasoning = objectIn(delta, "reasoningContent");
    if (reasoning !== undefined) return thoughtOf(reasoning);
    const input = objectIn(delta, "toolUse")?.["input"];
    const index = calls.get(countIn(payload, "contentBlockIndex") ?? 0);
    if (input === undefined || input === null || index === undefined) return [];
    const json = typeof input === "string" ? input : printJson(input);
    return json === "" ? [] : [{ kind: "input", choice: 0, index, text: json }];
  }

  return (event) => {
    const [type, payload] = memberOf(event);
    switch (type) {
      case "messageStart":
        return [START];
      case "contentBlockStart":
        return startBlock(payload);
      case "contentBlockDelta":
        return moreOfBlock(payload);
      case "messageStop":
        return [{ kind: "finish", choice: 0, finish: parseFinish(payload) }];
      case "metadata": {
        const usage = parseConverseUsage(payload["usage"]);
        return usage === null ? [] : [{ kind: "usage", usage }];
      }
      default:
        return [];
    }
  };
}

const START: ChatDelta = {
  kind: "start",
  family: "bedrock",
  id: null,
  model: null,
  createdAtSeconds: null,
};

/** Nova's chunks have the type of the event as their key. */
function memberOf(event: ServerEvent): readonly [type: string, payload: JsonObject] {
  const data = eventData(event);
  if (event.event !== null) return [event.event, data];
  for (const type of TYPES) {
    const payload = objectIn(data, type);
    if (payload !== undefined) return [type, payload];
  }
  return ["", data];
}

const TYPES = [
  "messageStart",
  "contentBlockStart",
  "contentBlockDelta",
  "messageStop",
  "metadata",
] as const;

function thoughtOf(reasoning: JsonObject): ChatDelta[] {
  const redacted = stringIn(reasoning, "redactedContent");
  if (redacted !== undefined) {
    const at = childPath(ROOT, "output");
    const part = { kind: "redacted_reasoning", data: parseRedacted(redacted), at } as const;
    return [{ kind: "part", choice: 0, part }];
  }
  const text = stringIn(reasoning, "text") ?? "";
  const signed = stringIn(reasoning, "signature") ?? "";
  if (text === "" && signed === "") return [];
  // Only Claude signs on Bedrock, and its signatures hold wherever it runs.
  const signature = signed === "" ? undefined : parseSignature(signed, "anthropic");
  return [{ kind: "reasoning", choice: 0, text, signature }];
}
