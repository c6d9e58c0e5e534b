import { type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { neutralErrorBody } from "./neutral-error.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

/** Answers what isn't HTTP, or came too slowly to be a request: there is no request yet that a route could answer. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  const { status, message } = explain(error.code);
  if (error.code === "ECONNRESET" || !socket.writable || isAnswering(socket)) {
    socket.destroy();
    return;
  }
  const body = JSON.stringify(neutralErrorBody(status, message, null));
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    "content-type: application/json; charset=utf-8",
    `content-length: ${Buffer.byteLength(body)}`,
    ...Object.entries(SECURITY_HEADERS).map(([name, value]) => `${name}: ${value}`),
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}

/** `Expect: 100-continue` is Node's to answer; there is nothing else that could be expected. */
export function answerExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const message = "The header 'expect' may only say 100-continue.";
  const body = JSON.stringify(neutralErrorBody(417, message, null));
  response
    .writeHead(417, {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(body),
      ...SECURITY_HEADERS,
      connection: "close",
    })
    .end(body);
}

function explain(code = ""): { readonly status: number; readonly message: string } {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return { status: 408, message: "The request did not arrive in time." };
    case "HPE_HEADER_OVERFLOW":
      return { status: 431, message: "The headers of the request are too large, or too many." };
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return { status: 413, message: "The chunk extensions of the request are too large." };
    default:
      return { status: 400, message: "The request isn't valid HTTP." };
  }
}

/** Words put into the middle of an answer would be read as a part of it. */
function isAnswering(socket: Socket): boolean {
  return responses.get(socket)?.headersSent === true;
}

const responses = new WeakMap<Socket, ServerResponse>();

export function rememberResponse(socket: Socket, response: ServerResponse): void {
  responses.set(socket, response);
}
