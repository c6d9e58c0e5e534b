import { FORM_TYPE } from "../support/multipart-body.ts";

/** A call of a client's, in either dialect. */
export interface Call {
  readonly what: string;
  readonly method: string;
  readonly path: string;
  readonly json?: object;
  readonly form?: Buffer;
}

/** Redirects are answers. */
export function send(url: string, { method, path, json, form }: Call): Promise<Response> {
  return fetch(url + path, {
    method,
    redirect: "manual",
    headers: {
      "anthropic-version": "2023-06-01",
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...(form === undefined ? {} : { "content-type": FORM_TYPE }),
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(form === undefined ? {} : { body: new Uint8Array(form) }),
  });
}
