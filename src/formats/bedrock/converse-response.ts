import type { Extra } from "../../core/chat-request.ts";
import type { ChatResponse, Choice, Finish } from "../../core/chat-response.ts";
import type { AssistantPart } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { JSON_OUTPUT_TOOL } from "../../core/tools.ts";
import { createExtrasReader, readArray, readObject } from "../fields.ts";
import { printJson } from "../line-fields.ts";
import { objectIn, stringIn } from "../open-values.ts";
import { parseConverseUsage } from "./converse-usage.ts";
import { parseAssistant } from "./messages.ts";
import { parseStopReason } from "./stop-reasons.ts";

/** What Converse answers, and Nova too: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
export function parseConverseResponse(body: JsonObject): ChatResponse {
  const extras: Extra[] = [];
  readExtras(body, ROOT, extras);
  const at = childPath(childPath(ROOT, "output"), "message");
  const message = readObject(
    readObject(body, "output", ROOT),
    "message",
    childPath(ROOT, "output"),
  );
  const tier = objectIn(body, "serviceTier");
  return {
    family: "bedrock",
    id: null,
    model: null,
    createdAtSeconds: null,
    choices: [parseChoice(body, message, { at, extras })],
    usage: parseConverseUsage(body["usage"]),
    serviceTier: tier === undefined ? undefined : stringIn(tier, "type"),
    extras,
  };
}

const readExtras = createExtrasReader("output stopReason usage serviceTier");

interface ChoicePlace {
  readonly at: JsonPath;
  readonly extras: Extra[];
}

function parseChoice(body: JsonObject, message: JsonObject, { at, extras }: ChoicePlace): Choice {
  const scope = { extras, toolNames: new Map<string, string>(), isAnswer: true };
  const content = readArray(message, "content", at);
  const parts = parseAssistant(content, childPath(at, "content"), scope);
  const said = parts.map(readJsonOutput);
  const finish = parseFinish(body);
  const isCalling = said.some((part) => part.kind === "tool_call");
  const isAnswered = finish.reason === "tool_calls" && !isCalling && parts.length > 0;
  return { index: 0, parts: said, finish: isAnswered ? { ...finish, reason: "stop" } : finish };
}

/** The tool that we made for want of JSON output: its call is what the model says. */
function readJsonOutput(part: AssistantPart): AssistantPart {
  if (part.kind !== "tool_call" || part.name !== JSON_OUTPUT_TOOL) return part;
  const { input, at } = part;
  return { kind: "text", text: input.kind === "object" ? printJson(input.value) : input.text, at };
}

export function parseFinish(body: JsonObject): Finish {
  const native = stringIn(body, "stopReason") ?? null;
  const stopSequence = stringIn(
    objectIn(body, "additionalModelResponseFields") ?? {},
    "stop_sequence",
  );
  return { reason: parseStopReason(native), native, stopSequence };
}
