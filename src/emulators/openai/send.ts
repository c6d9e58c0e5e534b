import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { attachment } from "../../lib/content-disposition.ts";
import { contentRange, parseRange, unsatisfiedRange } from "../../lib/http-range.ts";
import { ApiError, renderError } from "./api-error.ts";
import type { Reply } from "./call.ts";

export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
): Promise<void> {
  switch (reply.kind) {
    case "json":
      sendJson(response, 200, reply.body);
      return;
    case "events":
      response.setHeader("content-type", "text/event-stream; charset=utf-8");
      for (const event of reply.events) response.write(event);
      response.end();
      return;
    case "file":
      await sendFile(request, response, reply);
  }
}

/** Reads what the client still sends before it answers: a client may not look for an answer while it writes. */
export async function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: ApiError,
): Promise<void> {
  if (!request.complete && !request.destroyed) await drain(request);
  if (response.destroyed) return;
  for (const [name, value] of Object.entries(error.facts.headers ?? {})) {
    response.setHeader(name, value);
  }
  sendJson(response, error.status, renderError(error));
}

async function drain(request: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    request.once("end", resolve).once("close", resolve).resume();
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.setHeader("content-length", bytes.length);
  response.end(bytes);
}

/** Large reads: the disk is asked less often. */
const READ_BYTES = 1024 * 1024;

async function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  file: Extract<Reply, { kind: "file" }>,
): Promise<void> {
  const part = partOf(request.headers.range, file.bytes);
  response.setHeader("content-type", "application/octet-stream");
  response.setHeader("content-disposition", attachment(file.filename));
  response.setHeader("accept-ranges", "bytes");
  response.setHeader("content-length", part.end - part.start + 1);
  if (part.isPartial) {
    response.statusCode = 206;
    response.setHeader("content-range", contentRange(part, file.bytes));
  }
  if (part.end < part.start) {
    response.end();
    return;
  }
  const { start, end } = part;
  await pipeline(createReadStream(file.path, { start, end, highWaterMark: READ_BYTES }), response);
}

interface Part {
  readonly start: number;
  /** Included; one less than `start` where there is nothing. */
  readonly end: number;
  readonly isPartial: boolean;
}

function partOf(header: string | undefined, bytes: number): Part {
  const asked = parseRange(header);
  if (asked === null) return { start: 0, end: bytes - 1, isPartial: false };
  const start = asked.start ?? Math.max(0, bytes - (asked.end ?? 0));
  const end = asked.start === null ? bytes - 1 : Math.min(asked.end ?? bytes - 1, bytes - 1);
  if (start >= bytes || end < start) {
    throw new ApiError(416, "The requested range is not satisfiable.", {
      headers: { "content-range": unsatisfiedRange(bytes) },
    });
  }
  return { start, end, isPartial: true };
}
