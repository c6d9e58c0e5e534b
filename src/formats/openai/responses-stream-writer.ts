import type { Finish, Usage } from "../../core/chat-response.ts";
import type { ChatDelta, ChatStreamWriter } from "../../core/chat-stream.ts";
import type { AssistantPart } from "../../core/content.ts";
import type { FormatName } from "../../core/format-name.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ServerEvent } from "../../core/provider.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { blockReason, writeOutput } from "./responses-output-writer.ts";
import { createResponseEvents } from "./responses-events.ts";
import { UNKNOWN_SETTINGS, writeHead, writeStatus } from "./responses-response-writer.ts";
import {
  createCalls,
  createMessage,
  createThought,
  type OpenItem,
} from "./responses-stream-items.ts";
import { writeResponseUsage } from "./usage.ts";

/**
 * https://platform.openai.com/docs/api-reference/responses-streaming. A response has one answer: others are left out. What has
 * been said is kept, for the last event says all of it once more.
 */
export function createResponsesStreamWriter(context: WriteContext): ChatStreamWriter {
  const events = createResponseEvents();
  const { output } = events;
  const calls = createCalls(context, events);
  let head: JsonObject = {};
  let family: FormatName = "openai";
  let finish: Finish = { reason: "other", native: null };
  let usage: Usage | null = null;
  /** The message or thought that more may come of. */
  let open: OpenItem | null = null;

  function close(): ServerEvent[] {
    const closed = open?.close() ?? [];
    open = null;
    return closed;
  }

  function openFor<Kind extends OpenItem["kind"]>(
    kind: Kind,
    create: () => Extract<OpenItem, { readonly kind: Kind }>,
  ): { readonly item: Extract<OpenItem, { readonly kind: Kind }>; readonly before: ServerEvent[] } {
    if (isOf(open, kind)) return { item: open, before: [] };
    const before = close();
    const item = create();
    open = item;
    return { item, before };
  }

  const message = () => openFor("message", () => createMessage(context, events));

  function said(delta: Extract<ChatDelta, { kind: "text" | "refusal" }>): ServerEvent[] {
    const { item, before } = message();
    const more = delta.kind === "text" ? item.text(delta) : item.refusal(delta.text);
    return [...before, ...more];
  }

  function thought(delta: Extract<ChatDelta, { kind: "reasoning" }>): ServerEvent[] {
    const { item, before } = openFor("thought", () => createThought(context, events));
    const more = [...before, ...item.more(delta)];
    // What is thought after a signature is another thought.
    return delta.signature === undefined ? more : [...more, ...close()];
  }

  function whole(part: AssistantPart): ServerEvent[] {
    const choice = { index: 0, parts: [part], finish: { reason: "other", native: null } } as const;
    return [
      ...close(),
      ...writeOutput(choice, family, context).flatMap((item) => {
        const index = events.add(item);
        return [
          events.event("response.output_item.added", { output_index: index, item }),
          events.event("response.output_item.done", { output_index: index, item }),
        ];
      }),
    ];
  }

  function body(state: JsonObject): JsonObject {
    return { ...head, ...state, ...UNKNOWN_SETTINGS };
  }

  return {
    write(delta) {
      if ("choice" in delta && delta.choice !== 0) return [];
      switch (delta.kind) {
        case "start": {
          family = delta.family;
          head = writeHead(delta, context);
          const response = body({ status: "in_progress", incomplete_details: null, output: [] });
          return [
            events.event("response.created", { response }),
            events.event("response.in_progress", { response }),
          ];
        }
        case "text":
        case "refusal":
          return said(delta);
        case "reasoning":
          return thought(delta);
        case "call":
          return [...close(), ...calls.begin(delta)];
        case "input":
          return calls.more(delta);
        case "part":
          return whole(delta.part);
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
      const blocked = output.length === 0 ? blockReason(finish, family) : null;
      const last = [
        ...(blocked === null ? [] : said({ kind: "refusal", choice: 0, text: blocked })),
        ...close(),
        ...calls.close(),
      ];
      const state = writeStatus(finish, family === "openai");
      const response = body({
        ...state,
        output: [...output],
        usage: usage === null ? undefined : writeResponseUsage(usage),
      });
      return [...last, events.event(`response.${state.status}`, { response })];
    },
  };
}

function isOf<Kind extends OpenItem["kind"]>(
  item: OpenItem | null,
  kind: Kind,
): item is Extract<OpenItem, { readonly kind: Kind }> {
  return item?.kind === kind;
}
