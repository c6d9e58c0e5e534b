import { z } from "zod";
import type { Aws } from "./aws.ts";

/** A request as the SDK would send it, signed. */
export interface SignedRequest {
  readonly origin: string;
  readonly path: string;
  readonly method: "POST";
  readonly headers: Readonly<Record<string, string>>;
}

export type RuntimeOperation =
  | "invoke"
  | "converse"
  | "invoke-with-response-stream"
  | "converse-stream"
  | "count-tokens";

interface RuntimeCall {
  readonly operation: RuntimeOperation;
  readonly model: string;
  readonly body: Uint8Array;
}

interface RawAnswer {
  readonly statusCode: number;
  readonly headers: Readonly<Record<string, string>>;
}

const httpRequest = z.object({
  protocol: z.string(),
  hostname: z.string(),
  port: z.number().nullish(),
  path: z.string(),
  headers: z.record(z.string(), z.string()),
});

/**
 * Calls the runtime API with JSON that nobody reshapes. The SDK finds the address and signs, with whatever credentials there
 * are; its objects would turn bytes in the JSON of Converse around, and lose what they don't know. So its request gets
 * another path before it is signed, and is sent by `send` after that.
 */
export async function sendSigned<Answer extends RawAnswer>(
  { sdk, client }: Awaited<ReturnType<Aws["runtime"]>>,
  { operation, model, body }: RuntimeCall,
  send: (request: SignedRequest) => Promise<Answer>,
): Promise<Answer> {
  // Of the four operations this is the one with an answer that needs no body.
  const command = new sdk.InvokeModelWithResponseStreamCommand({
    modelId: model,
    body,
    contentType: "application/json",
  });
  const { middlewareStack } = command;
  middlewareStack.add(
    (next) => async (args) => {
      const { request } = args;
      if (typeof request === "object" && request !== null) {
        const { path } = httpRequest.parse(request);
        Object.assign(request, { path: path.replace(/[^/]+$/, operation) });
      }
      return next(args);
    },
    { step: "build", name: "crossbatchPath" },
  );
  let answer: Answer | null = null;
  middlewareStack.add(
    () =>
      async ({ request }) => {
        const { protocol, hostname, port, path, headers } = httpRequest.parse(request);
        const origin = `${protocol}//${hostname}${port ? `:${port}` : ""}`;
        answer = await send({ origin, path, method: "POST", headers });
        const output = { $metadata: {}, body: undefined, contentType: undefined };
        return { response: { statusCode: answer.statusCode, headers: answer.headers }, output };
      },
    // Behind the signing, and instead of all that the SDK would do with an answer.
    { step: "finalizeRequest", priority: "low", name: "crossbatchSend" },
  );
  await client.send(command);
  if (answer === null) throw new Error("the SDK didn't send its request");
  return answer;
}
