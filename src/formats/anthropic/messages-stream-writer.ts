import type { Choice, Finish, Usage } from "../../core/chat-response.ts";
import type { ChatDelta, ChatStreamWriter, ServerEventMap } from "../../core/chat-stream.ts";
import type { AssistantPart, Signature } from "../../core/content.ts";
import type { FormatName } from "../../core/format-name.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ServerEvent } from "../../core/provider.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { printJson } from "../line-fields.ts";
import { stringIn } from "../open-values.ts";
import { writeSignature } from "../signatures.ts";
import { brokenOff, eventData } from "../stream-events.ts";
import { addPart, writeFinish } from "./messages-response-writer.ts";
import { writeToolId } from "./tool-ids.ts";
import { writeUsage } from "./usage.ts";

/** https://platform.claude.com/docs/en/build-with-claude/streaming. Anthropic gives one answer: others are left out. */
export function createMessagesStreamWriter(context: WriteContext): ChatStreamWriter {
  const blocks = createBlocks();
  let family: FormatName = "anthropic";
  let finish: Finish = { reason: "other", native: null };
  let usage: Usage | null = null;
  let hasRefusal = false;

  function start({ id, model }: Extract<ChatDelta, { kind: "start" }>): ServerEvent {
    const message = {
      id: id ?? context.newId("msg_"),
      type: "message",
      role: "assistant",
      model: model ?? context.model ?? "",
      content: [],
      stop_reason: null,
      stop_sequence: null,
      stop_details: null,
      usage: writeUsage(usage, "standard"),
      container: null,
    };
    return toEvent("message_start", { message });
  }

  function writePart(part: AssistantPart): ServerEvent[] {
    const written: JsonObject[] = [];
    addPart(written, part, context);
    return written.flatMap((block) => [...blocks.open("part", block), ...blocks.close()]);
  }

  return {
    write(delta) {
      if ("choice" in delta && delta.choice !== 0) return [];
      switch (delta.kind) {
        case "start":
          family = delta.family;
          return [start(delta)];
        case "text":
          return [...carry(blocks, delta.signature), ...text(blocks, delta.text)];
        case "refusal":
          hasRefusal = true;
          return text(blocks, delta.text);
        case "reasoning":
          return think(blocks, delta);
        case "call": {
          const { index, id, name, signature } = delta;
          const block = { type: "tool_use", id: writeToolId(id), name, input: {} };
          return [
            ...carry(blocks, signature),
            ...blocks.open(`call ${index}`, { ...block, caller: { type: "direct" } }),
          ];
        }
        case "input": {
          const { index, text: partial_json } = delta;
          if (partial_json === "") return [];
          return blocks.more(`call ${index}`, { type: "input_json_delta", partial_json });
        }
        case "part":
          return writePart(delta.part);
        case "finish":
          finish = delta.finish;
          return [];
        case "usage":
          usage = delta.usage;
          return [];
        case "error":
          return [];
      }
    },
    end() {
      const parts = hasRefusal ? [REFUSAL] : [];
      const choice: Choice = { index: 0, parts, finish };
      return [
        ...blocks.close(),
        toEvent("message_delta", {
          delta: { ...writeFinish(choice, { family }), container: null },
          usage: usageAtEnd(usage),
        }),
        toEvent("message_stop", {}),
      ];
    },
  };
}

const REFUSAL: AssistantPart = { kind: "refusal", text: "", at: { parent: null, key: "" } };

function usageAtEnd(usage: Usage | null): JsonObject {
  const {
    input_tokens,
    cache_creation_input_tokens,
    cache_read_input_tokens,
    output_tokens,
    output_tokens_details,
    server_tool_use,
  } = writeUsage(usage, "standard");
  return {
    input_tokens,
    cache_creation_input_tokens,
    cache_read_input_tokens,
    output_tokens,
    output_tokens_details,
    server_tool_use,
  };
}

interface Blocks {
  /** Of the block that is open. */
  readonly key: string | null;
  /** Closes the one that is open. */
  open(key: string, block: JsonObject): ServerEvent[];
  more(key: string, delta: JsonObject): ServerEvent[];
  close(): ServerEvent[];
}

function createBlocks(): Blocks {
  const indexes = new Map<string, number>();
  let count = 0;
  let key: string | null = null;
  function close(): ServerEvent[] {
    if (key === null) return [];
    key = null;
    return [toEvent("content_block_stop", { index: count - 1 })];
  }
  return {
    get key() {
      return key;
    },
    open(name, content_block) {
      const closed = close();
      key = name;
      const index = count++;
      indexes.set(name, index);
      return [...closed, toEvent("content_block_start", { index, content_block })];
    },
    // Calls that are made side by side may get more after the next has begun.
    more: (name, delta) => [
      toEvent("content_block_delta", { index: indexes.get(name) ?? 0, delta }),
    ],
    close,
  };
}

function text(blocks: Blocks, said: string): ServerEvent[] {
  if (said === "") return [];
  return [
    ...(blocks.key === "text"
      ? []
      : blocks.open("text", { type: "text", text: "", citations: null })),
    ...blocks.more("text", { type: "text_delta", text: said }),
  ];
}

function think(
  blocks: Blocks,
  { text: thinking, signature }: Extract<ChatDelta, { kind: "reasoning" }>,
): ServerEvent[] {
  const opened =
    blocks.key === "thinking"
      ? []
      : blocks.open("thinking", { type: "thinking", thinking: "", signature: "" });
  return [
    ...opened,
    ...(thinking === "" ? [] : blocks.more("thinking", { type: "thinking_delta", thinking })),
    // What is thought after it is another block.
    ...(signature === undefined ? [] : [...sign(blocks, signature), ...blocks.close()]),
  ];
}

/** As in a Message that comes whole: an empty thought brings the signature of what comes after it. */
function carry(blocks: Blocks, signature: Signature | undefined): ServerEvent[] {
  if (signature === undefined) return [];
  return [
    ...blocks.open("thinking", { type: "thinking", thinking: "", signature: "" }),
    ...sign(blocks, signature),
    ...blocks.close(),
  ];
}

function sign(blocks: Blocks, signature: Signature): ServerEvent[] {
  const written = writeSignature(signature, "anthropic");
  return blocks.more("thinking", { type: "signature_delta", signature: written });
}

function toEvent(type: string, fields: JsonObject): ServerEvent {
  return { event: type, data: printJson({ type, ...fields }) };
}

/** Bedrock's events have no names, and its last one has Bedrock's own counts. */
export function createMessagesReframer(): ServerEventMap {
  let isWhole = false;
  return {
    map(event) {
      const data = eventData(event);
      const type = stringIn(data, "type") ?? event.event;
      isWhole ||= type === "message_stop" || type === "error";
      const { [METRICS]: metrics, ...own } = data;
      return [{ event: type, data: metrics === undefined ? event.data : printJson(own) }];
    },
    end() {
      if (!isWhole) throw brokenOff();
      return [];
    },
  };
}

const METRICS = "amazon-bedrock-invocationMetrics";
