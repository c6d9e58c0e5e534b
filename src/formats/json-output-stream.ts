import type { ChatDelta, StreamParser } from "../core/chat-stream.ts";
import { JSON_OUTPUT_TOOL } from "../core/tools.ts";

/**
 * Where the model was made to answer by a call, that call is the text: nobody else ever sees it. Words before it would be no
 * JSON, so they wait until it is known whether it comes.
 */
export function unwrapJsonOutput(parse: StreamParser): StreamParser {
  const unwrap = createUnwrapper();
  return (event) => parse(event).flatMap(unwrap);
}

function createUnwrapper(): (delta: ChatDelta) => readonly ChatDelta[] {
  const held: ChatDelta[] = [];
  let call: number | null = null;
  let others = 0;
  return (delta) => {
    switch (delta.kind) {
      case "text":
        if (call === null) held.push(delta);
        return [];
      case "call":
        if (delta.name !== JSON_OUTPUT_TOOL) others += 1;
        else call ??= delta.index;
        return delta.name === JSON_OUTPUT_TOOL ? [] : [delta];
      case "input": {
        const { choice, index, text } = delta;
        return index === call ? [{ kind: "text", choice, text }] : [delta];
      }
      case "finish": {
        const { finish, choice } = delta;
        if (call === null) return [...held.splice(0), delta];
        const isMade = finish.reason === "tool_calls" && others === 0;
        return isMade ? [{ kind: "finish", choice, finish: STOP }] : [delta];
      }
      case "start":
      case "refusal":
      case "reasoning":
      case "part":
      case "usage":
      case "error":
        return [delta];
    }
  };
}

const STOP = { reason: "stop", native: null } as const;
