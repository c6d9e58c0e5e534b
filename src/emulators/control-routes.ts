import type { IncomingMessage, ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";

/** Beside the emulated API, on the same port. */
export const CONTROL_PREFIX = "/_control/";

/** A method of a control that can be called over HTTP. */
export interface Command {
  readonly call: (input: unknown) => unknown;
}

/** The schema reads the array of arguments, as it came in the body. */
export function command<Schema extends z.ZodType<readonly unknown[]>>(
  schema: Schema,
  run: (...input: z.infer<Schema>) => unknown,
): Command {
  return { call: (input) => run(...schema.parse(input)) };
}

/** Calls a control method of an emulator in another process. */
export async function sendCommand(
  controlUrl: string,
  name: string,
  ...input: readonly unknown[]
): Promise<unknown> {
  const response = await fetch(`${controlUrl}/${name}`, {
    method: "POST",
    body: JSON.stringify(input),
  });
  const answer = z.looseObject({ result: z.unknown().optional(), error: z.string().optional() });
  const { result, error } = answer.parse(await response.json());
  if (error !== undefined) throw new Error(`${name}: ${error}`);
  return result;
}

export async function answerCommand(
  commands: Readonly<Record<string, Command>>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const name = (request.url ?? "").slice(CONTROL_PREFIX.length).replace(/[?/].*$/, "");
  const found = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (found === undefined) {
    const error = `no command '${name}'; there are ${Object.keys(commands).join(", ")}`;
    answer(response, 404, { error });
    return;
  }
  try {
    const result = await found.call(await readInput(request));
    answer(response, 200, { result: result ?? null });
  } catch (error) {
    const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    answer(response, 400, { error: message });
  }
}

async function readInput(request: IncomingMessage): Promise<unknown> {
  const hasBody =
    request.headers["transfer-encoding"] !== undefined ||
    Number(request.headers["content-length"] ?? 0) > 0;
  if (!hasBody) return [];
  const input: unknown = await json(request);
  return Array.isArray(input) ? input : [input];
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}
