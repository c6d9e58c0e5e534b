import { request } from "undici";
import { type BodyPart, FORM_TYPE, multipartBody } from "./multipart-body.ts";

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
  readonly text: string;
  readonly body: unknown;
}

/** A request to the Anthropic dialect; `POST` unless it says otherwise. */
export async function send(url: string, sent: Sent): Promise<Answer> {
  const { type, body } = payloadOf(sent);
  const answer = await request(`${url}/anthropic${sent.path}`, {
    method: sent.method ?? "POST",
    headers: {
      "x-api-key": "sk-test",
      "anthropic-version": "2023-06-01",
      ...(type === null ? {} : { "content-type": type }),
      ...sent.headers,
    },
    ...(body === undefined ? {} : { body }),
  });
  const text = await answer.body.text();
  return { status: answer.statusCode, headers: answer.headers, text, body: JSON.parse(text) };
}

function payloadOf({ json, form, body }: Sent) {
  if (json !== undefined) return { type: "application/json", body: JSON.stringify(json) };
  if (form !== undefined) return { type: FORM_TYPE, body: multipartBody(form) };
  return { type: body === undefined ? null : "application/json", body };
}
