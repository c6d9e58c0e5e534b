import type { Finish } from "../../core/chat-response.ts";
import type { ChatDelta, StreamParser } from "../../core/chat-stream.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import { readFields } from "../line-fields.ts";
import { arrayIn, numberIn, objectIn, stringIn } from "../open-values.ts";
import { eventData } from "../stream-events.ts";
import { parseAssistantParts } from "./chat-assistant.ts";
import { parseChoiceLogprobs, parseFinish } from "./chat-response.ts";
import { parseGoogleSignature } from "./google-signature.ts";
import { parseHttpError } from "./line-error.ts";
import { parseChatUsage } from "./usage.ts";

/** The last event is no JSON. */
export const DONE = "[DONE]";

/** https://platform.openai.com/docs/api-reference/chat-streaming/streaming */
export function createChatStreamParser(): StreamParser {
  const choices = new Map<number, ChoiceParser>();
  let hasStarted = false;
  return (event) => {
    if (event.data.trim() === DONE) return [];
    const chunk = eventData(event);
    if (chunk["error"] !== undefined && chunk["error"] !== null) return [toError(chunk)];
    const deltas: ChatDelta[] = [];
    if (!hasStarted) deltas.push(toStart(chunk));
    hasStarted = true;
    for (const [position, value] of arrayIn(chunk, "choices").entries()) {
      if (!isJsonObject(value)) continue;
      const index = numberIn(value, "index") ?? position;
      const choice = choices.get(index) ?? createChoiceParser(index);
      choices.set(index, choice);
      deltas.push(...choice(value));
    }
    const usage = parseChatUsage(chunk["usage"]);
    if (usage !== null) deltas.push({ kind: "usage", usage });
    return deltas;
  };
}

function toStart(chunk: JsonObject): ChatDelta {
  return {
    kind: "start",
    family: "openai",
    id: stringIn(chunk, "id") ?? null,
    model: stringIn(chunk, "model") ?? null,
    createdAtSeconds: numberIn(chunk, "created") ?? null,
  };
}

/** Once an answer has begun an error has no status; some hosts give one as its code. */
function toError(chunk: JsonObject): ChatDelta {
  const code = numberIn(objectIn(chunk, "error") ?? {}, "code") ?? 500;
  const status = code >= 400 && code < 600 ? code : 500;
  return { kind: "error", error: parseHttpError(readFields({ body: chunk }), status) };
}

type ChoiceParser = (choice: JsonObject) => ChatDelta[];

function createChoiceParser(choice: number): ChoiceParser {
  const calls: string[] = [];
  let hasRefusal = false;
  let thought = "";

  /** The block that has the signature repeats the whole thought. */
  function asNews(delta: ChatDelta): ChatDelta {
    if (delta.kind !== "reasoning") return delta;
    const isRepeated = delta.signature !== undefined && delta.text === thought;
    thought = delta.signature === undefined ? thought + delta.text : "";
    return isRepeated ? { ...delta, text: "" } : delta;
  }

  function callDeltas(value: JsonObject): ChatDelta[] {
    const id = stringIn(value, "id");
    // Hosts that leave out the place send each call whole, or its pieces in a row.
    const known = id === undefined ? calls.length - 1 : calls.indexOf(id);
    const index = numberIn(value, "index") ?? (known === -1 ? calls.length : known);
    const called = objectIn(value, "function") ?? objectIn(value, "custom") ?? {};
    const text = stringIn(called, "arguments") ?? stringIn(called, "input");
    const input: ChatDelta[] =
      text === undefined || text === "" ? [] : [{ kind: "input", choice, index, text }];
    if (calls[index] !== undefined) return input;
    const callId = id ?? `call_${choice}_${index}`;
    calls[index] = callId;
    const name = stringIn(called, "name") ?? "";
    const signature = parseGoogleSignature(value);
    return [{ kind: "call", choice, index, id: callId, name, signature }, ...input];
  }

  return (value) => {
    const delta = objectIn(value, "delta") ?? {};
    const deltas = saidDeltas(delta, choice).map(asNews);
    hasRefusal ||= deltas.some(({ kind }) => kind === "refusal");
    const logprobs = parseChoiceLogprobs(value);
    if (logprobs !== undefined) deltas.push({ kind: "text", choice, text: "", logprobs });
    for (const call of arrayIn(delta, "tool_calls")) {
      if (isJsonObject(call)) deltas.push(...callDeltas(call));
    }
    // What calls were before there were tools: one, without an id.
    const old = objectIn(delta, "function_call");
    if (old !== undefined) deltas.push(...callDeltas({ index: 0, function: old }));
    if (stringIn(value, "finish_reason") !== undefined) {
      const finish = settled(parseFinish(value, []), calls.length > 0, hasRefusal);
      deltas.push({ kind: "finish", choice, finish });
    }
    return deltas;
  };
}

/** All but the calls, whose pieces are no parts yet. */
function saidDeltas(delta: JsonObject, choice: number): ChatDelta[] {
  const { tool_calls: _calls, function_call: _call, ...said } = delta;
  const scope = { extras: [], toolNames: new Map(), functionCallIds: new Map() };
  const at = childPath(childPath(ROOT, "choices"), choice);
  return parseAssistantParts(said, at, scope).flatMap((part): ChatDelta[] => {
    if (part.kind === "text" || part.kind === "reasoning") {
      const { kind, text, signature } = part;
      return text === "" && signature === undefined ? [] : [{ kind, choice, text, signature }];
    }
    if (part.kind === "refusal") return [{ kind: "refusal", choice, text: part.text }];
    return [{ kind: "part", choice, part }];
  });
}

function settled(finish: Finish, hasCalls: boolean, hasRefusal: boolean): Finish {
  if (finish.reason !== "stop") return finish;
  if (hasCalls) return { ...finish, reason: "tool_calls" };
  return hasRefusal ? { ...finish, reason: "refusal" } : finish;
}
