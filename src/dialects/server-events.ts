import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { ServerEvent } from "../core/provider.ts";

interface EventsOptions {
  /** What is said where the rest won't come, since the status was sent long ago. */
  readonly failureOf: (error: unknown) => ServerEvent;
  /** The client's. */
  readonly signal: AbortSignal;
}

/** As `text/event-stream`, each event as soon as it is there, and none faster than the client takes them. */
export function sendEvents(
  reply: FastifyReply,
  events: AsyncIterable<ServerEvent>,
  options: EventsOptions,
): FastifyReply {
  return reply
    .headers({
      "content-type": "text/event-stream; charset=utf-8",
      "cache-control": "no-cache, no-store",
      // Else nginx gathers some kilobytes before it passes anything on.
      "x-accel-buffering": "no",
    })
    .send(Readable.from(print(events, options), { objectMode: false }));
}

async function* print(
  events: AsyncIterable<ServerEvent>,
  { failureOf, signal }: EventsOptions,
): AsyncGenerator<string> {
  try {
    for await (const event of events) yield printEvent(event);
  } catch (error) {
    if (!signal.aborted) yield printEvent(failureOf(error));
  }
}

function printEvent({ event, data }: ServerEvent): string {
  const name = event === null ? "" : `event: ${event}\n`;
  return `${name}data: ${data.replaceAll("\n", "\ndata: ")}\n\n`;
}
