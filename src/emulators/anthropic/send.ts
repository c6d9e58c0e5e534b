import { createReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import type { ApiError } from "./api-error.ts";
import { renderError } from "./api-error.ts";
import type { Reply } from "./call.ts";

export async function sendReply(response: ServerResponse, reply: Reply): Promise<void> {
  switch (reply.kind) {
    case "json":
      setHeaders(response, reply.headers ?? {});
      sendJson(response, 200, reply.body);
      return;
    case "events":
      setHeaders(response, { "content-type": "text/event-stream; charset=utf-8" });
      for (const event of reply.events) response.write(event);
      response.end();
      return;
    case "file":
      setHeaders(response, {
        "content-type": reply.mimeType,
        "content-length": String(reply.bytes),
      });
      await pipeline(createReadStream(reply.path, { highWaterMark: READ_BYTES }), response);
  }
}

/** Large reads: the disk is asked less often. */
const READ_BYTES = 1024 * 1024;

/** Reads what the client still sends before it answers: a client may not look for an answer while it writes. */
export async function sendError(
  call: { readonly request: IncomingMessage; readonly requestId: string },
  response: ServerResponse,
  error: ApiError,
): Promise<void> {
  const { request, requestId } = call;
  if (!request.complete && !request.destroyed) await drain(request);
  if (response.destroyed) return;
  setHeaders(response, error.facts.headers ?? {});
  sendJson(response, error.status, renderError(error, requestId));
}

async function drain(request: IncomingMessage): Promise<void> {
  await new Promise<void>((resolve) => {
    request.once("end", resolve).once("close", resolve).resume();
  });
}

function setHeaders(response: ServerResponse, headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const bytes = Buffer.from(JSON.stringify(body));
  response.statusCode = status;
  response.setHeader("content-type", "application/json");
  response.setHeader("content-length", bytes.length);
  response.end(bytes);
}
