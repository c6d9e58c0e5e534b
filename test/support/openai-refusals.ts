import { request } from "undici";
import { expect, test } from "vitest";
import type { DialectHost } from "./dialect-host.ts";
import { type BodyPart, FORM_TYPE, multipartBody } from "./multipart-body.ts";
import { specProblem } from "./specs.ts";

export interface Sent {
  readonly method?: string;
  readonly path: string;
  readonly json?: unknown;
  readonly form?: readonly BodyPart[];
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
}

/** A request to the OpenAI dialect; `POST` unless it says otherwise. */
export async function send(url: string, sent: Sent): Promise<Answer> {
  const { type, body } = payloadOf(sent);
  const answer = await request(`${url}/openai/v1${sent.path}`, {
    method: sent.method ?? "POST",
    headers: {
      authorization: "Bearer sk-test",
      ...(type === null ? {} : { "content-type": type }),
      ...sent.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.json() };
}

function payloadOf({ json, form, body }: Sent) {
  if (json !== undefined) return { type: "application/json", body: JSON.stringify(json) };
  if (form !== undefined) return { type: FORM_TYPE, body: multipartBody(form) };
  return { type: null, body };
}

export interface Refusal extends Sent {
  readonly what: string;
  readonly status?: number;
  readonly message: string;
  readonly param?: string | null;
  readonly code?: string | null;
}

/** Each is refused with exactly these words, and leaves nothing. */
export function testRefusals(refusals: readonly Refusal[], host: () => DialectHost): void {
  test.each(refusals)(
    "$path refuses $what in OpenAI's words, and nothing is left",
    async ({ status = 400, message, param = null, code = null, ...sent }) => {
      const { url, gateway } = host();
      const answer = await send(url, sent);
      expect(answer.body).toEqual({
        error: { message, type: "invalid_request_error", param, code },
      });
      expect(answer.status).toBe(status);
      expect(specProblem("openai", "ErrorResponse", answer.body)).toBeNull();
      const { contents, files, batches, uploads } = gateway;
      expect([contents.size, files.size, batches.size, uploads.size]).toEqual([0, 0, 0, 0]);
    },
  );
}

export function missing(param: string) {
  return {
    message: `Missing required parameter: '${param}'.`,
    param,
    code: "missing_required_parameter",
  };
}

export function unknown(param: string) {
  return { message: `Unknown parameter: '${param}'.`, param, code: "unknown_parameter" };
}
