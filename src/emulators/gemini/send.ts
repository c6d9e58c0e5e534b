import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { contentRange, parseRange } from "../../lib/http-range.ts";
import type { Reply } from "./call.ts";
import { renderError, StatusError } from "./status-error.ts";

export async function sendReply(
  request: IncomingMessage,
  response: ServerResponse,
  reply: Reply,
): Promise<void> {
  switch (reply.kind) {
    case "json":
      for (const [name, value] of Object.entries(reply.headers ?? {})) {
        response.setHeader(name, value);
      }
      sendJson(response, 200, reply.body);
      return;
    case "events":
      response.setHeader("content-type", reply.type);
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
  error: StatusError,
): Promise<void> {
  if (!request.complete && !request.destroyed) await drain(request);
  if (!response.destroyed) sendJson(response, error.http, renderError(error));
}

async function drain(request: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    request.once("end", resolve).once("close", resolve).resume();
  });
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.statusCode = status;
  response.setHeader("content-type", "application/json; charset=UTF-8");
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
  const asked = parseRange(request.headers.range);
  const start = asked === null ? 0 : (asked.start ?? Math.max(0, file.bytes - (asked.end ?? 0)));
  const last = file.bytes - 1;
  const end = asked === null || asked.start === null ? last : Math.min(asked.end ?? last, last);
  if (asked !== null && (start >= file.bytes || end < start)) {
    throw new StatusError("OUT_OF_RANGE", "The requested range is not satisfiable.", { http: 416 });
  }
  response.setHeader("content-type", "application/octet-stream");
  response.setHeader("content-length", end - start + 1);
  if (asked !== null) {
    response.statusCode = 206;
    response.setHeader("content-range", contentRange({ start, end }, file.bytes));
  }
  if (end < start) response.end();
  else
    await pipeline(
      createReadStream(file.path, { start, end, highWaterMark: READ_BYTES }),
      response,
    );
}
