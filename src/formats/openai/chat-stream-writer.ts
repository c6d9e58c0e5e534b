import type { Choice, Usage } from "../../core/chat-response.ts";
import type { ChatDelta, ChatStreamWriter, ServerEventMap } from "../../core/chat-stream.ts";
import type { AssistantPart } from "../../core/content.ts";
import type { FormatName } from "../../core/format-name.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { ServerEvent } from "../../core/provider.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { printJson } from "../line-fields.ts";
import { arrayIn, objectIn, stringIn } from "../open-values.ts";
import { brokenOff, eventData } from "../stream-events.ts";
import {
  writeBlockReason,
  writeFinishReason,
  writeMessage,
  writeNativeReason,
} from "./chat-response-writer.ts";
import { DONE } from "./chat-stream-parser.ts";
import { writeThoughts } from "./chat-thoughts.ts";
import { writeGoogleSignature } from "./google-signature.ts";
import { writeLogprobs } from "./logprobs.ts";
import { writeChatUsage } from "./usage.ts";

const LAST: ServerEvent = { event: null, data: DONE };

/** https://platform.openai.com/docs/api-reference/chat-streaming/streaming */
export function createChatStreamWriter(
  context: WriteContext,
  request: JsonObject,
): ChatStreamWriter {
  const hasUsage = objectIn(request, "stream_options")?.["include_usage"] === true;
  const choices = new Map<number, OpenChoice>();
  let frame: JsonObject = {};
  let family: FormatName = "openai";
  let usage: Usage | null = null;

  function chunk(written: readonly Json[], used: Json = null): ServerEvent {
    const body = { ...frame, choices: written, ...(hasUsage ? { usage: used } : {}) };
    return { event: null, data: printJson(body) };
  }

  function choiceChunk(index: number, { finish, logprobs, ...delta }: WrittenChoice): ServerEvent {
    return chunk([{ index, delta, logprobs: logprobs ?? null, finish_reason: null, ...finish }]);
  }

  function choiceEvents(delta: ChoiceDelta): ServerEvent[] {
    const known = choices.get(delta.choice);
    const choice = known ?? newChoice();
    choices.set(delta.choice, choice);
    const written = writeChoice(choice, delta, { family, context });
    if (delta.kind !== "finish") choice.isEmpty = false;
    return [
      ...(known === undefined ? [choiceChunk(delta.choice, FIRST)] : []),
      ...written.map((each) => choiceChunk(delta.choice, each)),
    ];
  }

  return {
    write(delta) {
      switch (delta.kind) {
        case "start":
          family = delta.family;
          frame = {
            id: delta.id ?? context.newId("chatcmpl-"),
            object: "chat.completion.chunk",
            created: delta.createdAtSeconds ?? context.nowSeconds(),
            model: delta.model ?? context.model ?? "",
          };
          choices.set(0, newChoice());
          return [choiceChunk(0, FIRST)];
        case "usage":
          usage = delta.usage;
          return [];
        case "error":
          return [];
        case "text":
        case "refusal":
        case "reasoning":
        case "call":
        case "input":
        case "part":
        case "finish":
          return choiceEvents(delta);
      }
    },
    end: () =>
      hasUsage ? [chunk([], usage === null ? null : writeChatUsage(usage)), LAST] : [LAST],
  };
}

type ChoiceDelta = Extract<ChatDelta, { readonly choice: number }>;

/** The fields of a delta, and what stands beside it. */
interface WrittenChoice extends JsonObject {
  readonly finish?: JsonObject;
  readonly logprobs?: JsonObject;
}

interface OpenChoice {
  /** So far, for the block that has its signature. */
  thought: string;
  isEmpty: boolean;
}

function newChoice(): OpenChoice {
  return { thought: "", isEmpty: true };
}

const FIRST: WrittenChoice = { role: "assistant", content: "", refusal: null };

interface DeltaScope {
  readonly family: FormatName;
  readonly context: WriteContext;
}

function writeChoice(
  choice: OpenChoice,
  delta: ChoiceDelta,
  scope: DeltaScope,
): readonly WrittenChoice[] {
  switch (delta.kind) {
    case "text": {
      const { text, logprobs } = delta;
      const extra = writeGoogleSignature(delta.signature);
      return [
        {
          content: text,
          ...(extra === undefined ? {} : { extra_content: extra }),
          ...(logprobs === undefined
            ? {}
            : { logprobs: { content: writeLogprobs(logprobs), refusal: null } }),
        },
      ];
    }
    case "refusal":
      return [{ refusal: delta.text }];
    case "reasoning":
      return writeThought(choice, delta);
    case "call": {
      const { index, id, name } = delta;
      const extra = writeGoogleSignature(delta.signature);
      const call = { index, id, type: "function", function: { name, arguments: "" } };
      return [{ tool_calls: [extra === undefined ? call : { ...call, extra_content: extra }] }];
    }
    case "input":
      return [{ tool_calls: [{ index: delta.index, function: { arguments: delta.text } }] }];
    case "part":
      return writePart(delta.part, scope);
    case "finish":
      return writeFinish(choice, delta, scope);
  }
}

/** The signature comes with the whole thought once more, so that one block can be sent back as it is. */
function writeThought(
  choice: OpenChoice,
  { text, signature }: Extract<ChatDelta, { kind: "reasoning" }>,
): WrittenChoice[] {
  const news: WrittenChoice[] = text === "" ? [] : [{ reasoning_content: text }];
  choice.thought += text;
  if (signature === undefined) return news;
  const part = { kind: "reasoning", text: choice.thought, signature, at: NOWHERE } as const;
  choice.thought = "";
  const { thinking_blocks: blocks = [] } = writeThoughts([part]);
  return [...news, { thinking_blocks: blocks }];
}

const NOWHERE = { parent: null, key: "" } as const;

/** The message that would hold this part alone. */
function writePart(part: AssistantPart, scope: DeltaScope): WrittenChoice[] {
  const choice: Choice = { index: 0, parts: [part], finish: { reason: "other", native: null } };
  const message = writeMessage(choice, scope);
  const fields: WrittenChoice[] = [];
  for (const key of ["thinking_blocks", "images", "audio", "annotations"]) {
    const value = message[key];
    if (value !== undefined) fields.push({ [key]: value });
  }
  return fields;
}

function writeFinish(
  { isEmpty }: OpenChoice,
  { finish }: Extract<ChatDelta, { kind: "finish" }>,
  { family }: DeltaScope,
): WrittenChoice[] {
  const blocked = isEmpty ? writeBlockReason(finish, family) : null;
  const native = writeNativeReason(finish, family);
  const reason = writeFinishReason(finish, { family, isFromChat: false });
  return [
    ...(blocked === null ? [] : [{ refusal: blocked }]),
    {
      finish: {
        finish_reason: reason,
        ...(native === undefined ? {} : { native_finish_reason: native }),
      },
    },
  ];
}

/** Where another API carries these chunks, the last event isn't there. */
export function createChatReframer(): ServerEventMap {
  let isWhole = false;
  return {
    map(event) {
      isWhole ||= arrayIn(eventData(event), "choices").some(
        (choice) => isJsonObject(choice) && stringIn(choice, "finish_reason") !== undefined,
      );
      return [event];
    },
    end() {
      if (!isWhole) throw brokenOff();
      return [LAST];
    },
  };
}
