import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, describe, expect, test } from "vitest";
import { startGateway } from "../support/gateway.ts";
import { serve } from "../support/serve.ts";

/** A host that answers with the very bytes that a test gives it. */
async function startHost(answer: (request: Asked, response: ServerResponse) => void) {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const seen = { path: request.url ?? "", headers: request.headers, body };
      asked.push(seen);
      answer(seen, response);
    });
  });
  const { url, close } = await serve(server);
  return { url, asked, close };
}
