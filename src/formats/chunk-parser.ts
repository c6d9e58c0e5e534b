import type { ChatResponse, Finish, Usage } from "../core/chat-response.ts";
import type { ChatDelta, StreamParser } from "../core/chat-stream.ts";
import type { ServerEvent } from "../core/provider.ts";
import { choiceDeltas, laterUsage } from "./stream-events.ts";

/** For APIs whose chunks are answers themselves, each with the part that is new. `read` gives null for chunks that say nothing. */
export function createChunkParser(read: (event: ServerEvent) => ChatResponse | null): StreamParser {
  const calls = new Map<number, number>();
  let usage: Usage | null = null;
  let hasStarted = false;
  return (event) => {
    const chunk = read(event);
    if (chunk === null) return [];
    const deltas: ChatDelta[] = [];
    if (!hasStarted) {
      const { family, id, model, createdAtSeconds } = chunk;
      deltas.push({ kind: "start", family, id, model, createdAtSeconds });
      hasStarted = true;
    }
    for (const choice of chunk.choices) {
      const count = calls.get(choice.index) ?? 0;
      deltas.push(...choiceDeltas(choice, count));
      const all = count + choice.parts.filter(({ kind }) => kind === "tool_call").length;
      calls.set(choice.index, all);
      const finish = withCalls(choice.finish, all);
      if (finish.native !== null) deltas.push({ kind: "finish", choice: choice.index, finish });
    }
    if (chunk.usage !== null) {
      usage = laterUsage(usage, chunk.usage);
      deltas.push({ kind: "usage", usage });
    }
    return deltas;
  };
}

/** The calls may have come in chunks before the one that says why it ended. */
function withCalls(finish: Finish, calls: number): Finish {
  return finish.reason === "stop" && calls > 0 ? { ...finish, reason: "tool_calls" } : finish;
}
