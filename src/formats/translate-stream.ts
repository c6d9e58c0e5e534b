import type { ChatResponse } from "../core/chat-response.ts";
import type {
  ChatDelta,
  ChatStreamWriter,
  ServerEventMap,
  StreamParser,
} from "../core/chat-stream.ts";
import type { LineError } from "../core/lines.ts";
import type { ServerEvent } from "../core/provider.ts";
import { brokenOff, toDeltas } from "./stream-events.ts";

/** What a provider said instead of the rest of its answer. */
export class StreamFailure extends Error {
  override readonly name = "StreamFailure";
  readonly error: LineError;

  constructor(error: LineError) {
    super(error.message);
    this.error = error;
  }
}

/** The events of one API as those of another. Throws `StreamFailure` where the provider says that it can't go on. */
export function createStreamMap(parse: StreamParser, writer: ChatStreamWriter): ServerEventMap {
  let hasFinished = false;
  function write(delta: ChatDelta): readonly ServerEvent[] {
    if (delta.kind === "error") throw new StreamFailure(delta.error);
    hasFinished ||= delta.kind === "finish";
    return writer.write(delta);
  }
  return {
    map: (event) => parse(event).flatMap(write),
    end() {
      if (!hasFinished) throw brokenOff();
      return writer.end();
    },
  };
}

/** An answer that came whole. */
export function toEvents(response: ChatResponse, writer: ChatStreamWriter): readonly ServerEvent[] {
  return [...toDeltas(response).flatMap((delta) => writer.write(delta)), ...writer.end()];
}
