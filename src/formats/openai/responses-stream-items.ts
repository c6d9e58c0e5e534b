import type { ChatDelta } from "../../core/chat-stream.ts";
import type { Signature } from "../../core/content.ts";
import type { JsonObject } from "../../core/json.ts";
import type { ServerEvent } from "../../core/provider.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { writeSignature } from "../signatures.ts";
import { writeGoogleSignature } from "./google-signature.ts";
import { writeLogprobs } from "./logprobs.ts";
import type { ResponseEvents } from "./responses-events.ts";

export type OpenItem = OpenMessage | OpenThought;

type Delta<Kind extends ChatDelta["kind"]> = Extract<ChatDelta, { readonly kind: Kind }>;

interface OpenMessage {
  readonly kind: "message";
  text(delta: Delta<"text">): ServerEvent[];
  refusal(text: string): ServerEvent[];
  close(): ServerEvent[];
}

interface OpenPart {
  readonly type: "output_text" | "refusal";
  text: string;
  readonly logprobs: JsonObject[];
}

/** Of one text, unless a refusal comes in between. */
export function createMessage(context: WriteContext, events: ResponseEvents): OpenMessage {
  const content: JsonObject[] = [];
  let signature: JsonObject | undefined;
  const id = context.newId("msg_");
  const item = (status: string) => ({
    id,
    type: "message",
    status,
    role: "assistant",
    content: [...content],
    extra_content: signature,
  });
  const output_index = events.add(item("in_progress"));
  const added = { output_index, item: item("in_progress") };
  let waiting = [events.event("response.output_item.added", added)];
  let part: OpenPart | null = null;
  const place = () => ({ item_id: id, output_index, content_index: content.length });

  function closePart(): ServerEvent[] {
    if (part === null) return [];
    const written = writePart(part);
    const { type, text, logprobs } = part;
    const said = type === "output_text" ? { text, logprobs } : { refusal: text };
    const closed = [
      events.event(`response.${type}.done`, { ...place(), ...said }),
      events.event("response.content_part.done", { ...place(), part: written }),
    ];
    content.push(written);
    part = null;
    return closed;
  }

  function openPart(type: OpenPart["type"]): { readonly part: OpenPart; before: ServerEvent[] } {
    const before = waiting;
    waiting = [];
    if (part?.type === type) return { part, before };
    before.push(...closePart());
    part = { type, text: "", logprobs: [] };
    before.push(events.event("response.content_part.added", { ...place(), part: writePart(part) }));
    return { part, before };
  }

  return {
    kind: "message",
    text({ text, signature: own, logprobs }) {
      signature = writeGoogleSignature(own) ?? signature;
      const { part: open, before } = openPart("output_text");
      const written = logprobs === undefined ? [] : writeLogprobs(logprobs);
      open.text += text;
      open.logprobs.push(...written);
      if (text === "" && written.length === 0) return before;
      const said = { ...place(), delta: text, logprobs: written };
      return [...before, events.event("response.output_text.delta", said)];
    },
    refusal(text) {
      const { part: open, before } = openPart("refusal");
      open.text += text;
      return [...before, events.event("response.refusal.delta", { ...place(), delta: text })];
    },
    close() {
      const closed = [...waiting, ...closePart()];
      waiting = [];
      const done = item("completed");
      events.set(output_index, done);
      return [...closed, events.event("response.output_item.done", { output_index, item: done })];
    },
  };
}

function writePart({ type, text, logprobs }: OpenPart): JsonObject {
  return type === "output_text"
    ? { type, text, annotations: [], logprobs: [...logprobs] }
    : { type, refusal: text };
}

interface OpenThought {
  readonly kind: "thought";
  more(delta: Delta<"reasoning">): ServerEvent[];
  close(): ServerEvent[];
}

export function createThought(context: WriteContext, events: ResponseEvents): OpenThought {
  const id = context.newId("rs_");
  let text: string | null = null;
  let signature: Signature | undefined;
  const summary = () => (text === null ? [] : [{ type: "summary_text", text }]);
  const item = () => ({
    id,
    type: "reasoning",
    summary: summary(),
    encrypted_content: signature === undefined ? undefined : writeSignature(signature, "openai"),
  });
  const output_index = events.add(item());
  const place = { item_id: id, output_index, summary_index: 0 };
  let waiting = [events.event("response.output_item.added", { output_index, item: item() })];

  return {
    kind: "thought",
    more(delta) {
      const made = waiting;
      waiting = [];
      if (text === null) {
        const part = { type: "summary_text", text: "" };
        made.push(events.event("response.reasoning_summary_part.added", { ...place, part }));
      }
      text = (text ?? "") + delta.text;
      signature = delta.signature ?? signature;
      if (delta.text === "") return made;
      const said = { ...place, delta: delta.text };
      return [...made, events.event("response.reasoning_summary_text.delta", said)];
    },
    close() {
      const done = item();
      events.set(output_index, done);
      const [part] = summary();
      return [
        ...waiting,
        ...(part === undefined
          ? []
          : [
              events.event("response.reasoning_summary_text.done", { ...place, text: part.text }),
              events.event("response.reasoning_summary_part.done", { ...place, part }),
            ]),
        events.event("response.output_item.done", { output_index, item: done }),
      ];
    },
  };
}

interface OpenCalls {
  begin(delta: Delta<"call">): ServerEvent[];
  more(delta: Delta<"input">): ServerEvent[];
  close(): ServerEvent[];
}

interface OpenCall {
  readonly id: string;
  readonly output_index: number;
  readonly call: JsonObject;
  readonly name: string;
  input: string;
}

/** Calls that are made side by side may get more after the next has begun: all are done at the end. */
export function createCalls(context: WriteContext, events: ResponseEvents): OpenCalls {
  const calls = new Map<number, OpenCall>();
  return {
    begin({ index, id: call_id, name, signature }) {
      const id = context.newId("fc_");
      const extra_content = writeGoogleSignature(signature);
      const call = { id, type: "function_call", call_id, name, extra_content };
      const item = { ...call, status: "in_progress", arguments: "" };
      const output_index = events.add(item);
      calls.set(index, { id, output_index, call, name, input: "" });
      return [events.event("response.output_item.added", { output_index, item })];
    },
    more({ index, text }) {
      const open = calls.get(index);
      if (open === undefined || text === "") return [];
      open.input += text;
      const { id: item_id, output_index } = open;
      const said = { item_id, output_index, delta: text };
      return [events.event("response.function_call_arguments.delta", said)];
    },
    close: () =>
      [...calls.values()].flatMap(({ id: item_id, output_index, call, name, input }) => {
        const text = input === "" ? "{}" : input;
        const item = { ...call, status: "completed", arguments: text };
        events.set(output_index, item);
        return [
          events.event("response.function_call_arguments.done", {
            item_id,
            output_index,
            name,
            arguments: text,
          }),
          events.event("response.output_item.done", { output_index, item }),
        ];
      }),
  };
}
