import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { BedrockError } from "./bedrock-error.ts";
import { renderError } from "./bedrock-error.ts";
import type { Reply } from "./call.ts";

export function sendReply(response: ServerResponse, reply: Reply): void {
  response.setHeader("x-amzn-requestid", randomUUID());
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (reply.kind === "json") {
    sendJson(response, 200, reply.body);
    return;
  }
  response.setHeader("content-type", "application/vnd.amazon.eventstream");
  for (const message of reply.messages) response.write(message);
  response.end();
}

/** Reads what the client still sends before it answers: a client may not look for an answer while it writes. */
export async function sendError(
  request: IncomingMessage,
  response: ServerResponse,
  error: BedrockError,
): Promise<void> {
  if (!request.complete && !request.destroyed) await drain(request);
  if (response.destroyed) return;
  response.setHeader("x-amzn-requestid", randomUUID());
  for (const [name, value] of Object.entries(errorHeaders(error))) response.setHeader(name, value);
  sendJson(response, error.status, renderError(error));
}

/** The name comes with an address behind it, which clients have to cut off. */
export function errorHeaders(error: BedrockError): Readonly<Record<string, string>> {
  const type = `${error.type}:http://internal.amazon.com/coral/com.amazon.bedrock/`;
  return { "x-amzn-errortype": type, "content-type": "application/json" };
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
