import { chatLine } from "../support/batches.ts";
import { FORM_TYPE, multipartBody } from "../support/multipart-body.ts";
import { MODELS, type ProviderName } from "../support/world.ts";

export interface Probe {
  readonly method: string;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

/** Somewhere in the API where an id can stand. */
export interface Operation {
  readonly name: string;
  readonly dialect: "openai" | "anthropic";
  /** As the sources of the dialect write it. */
  readonly route: string;
  readonly kind: "file" | "batch" | "upload" | "part";
  readonly place: "path" | "query" | "body";
  /** What an id is told that nobody has. 200: a list without it. */
  readonly answers: readonly number[];
  probe(id: string, own: OwnObjects): Probe;
}

/** What the one who asks has itself, where an operation needs more than the id. */
interface OwnObjects {
  readonly uploadId: string;
  readonly provider: ProviderName;
}

const MESSAGES = "/anthropic/v1/messages/batches";
const json = (path: string, body: object): Probe => ({
  method: "POST",
  path,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(body),
});
const chat = { endpoint: "/v1/chat/completions", completion_window: "24h" };

type PathRow = readonly [Operation["dialect"], Operation["kind"], string, string, string];

const PATHS: readonly PathRow[] = [
  ["openai", "file", "GET", "/files/:id", "/v1/files/:id"],
  ["openai", "file", "GET", "/files/:id/content", "/v1/files/:id/content"],
  ["openai", "file", "DELETE", "/files/:id", "/v1/files/:id"],
  ["openai", "batch", "GET", "/batches/:id", "/v1/batches/:id"],
  ["openai", "batch", "POST", "/batches/:id/cancel", "/v1/batches/:id/cancel"],
  ["openai", "upload", "POST", "/uploads/:id/cancel", "/v1/uploads/:id/cancel"],
  ["anthropic", "file", "GET", "/v1/files/:id", "/anthropic/v1/files/:id"],
  ["anthropic", "file", "GET", "/v1/files/:id/content", "/anthropic/v1/files/:id/content"],
  ["anthropic", "file", "DELETE", "/v1/files/:id", "/anthropic/v1/files/:id"],
  ["anthropic", "batch", "GET", "/v1/messages/batches/:id", `${MESSAGES}/:id`],
  ["anthropic", "batch", "POST", "/v1/messages/batches/:id/cancel", `${MESSAGES}/:id/cancel`],
  ["anthropic", "batch", "DELETE", "/v1/messages/batches/:id", `${MESSAGES}/:id`],
  ["anthropic", "batch", "GET", "/v1/messages/batches/:id/results", `${MESSAGES}/:id/results`],
];

type CursorRow = readonly [Operation["dialect"], Operation["kind"], string, string, string];

const CURSORS: readonly CursorRow[] = [
  ["openai", "file", "/files", "/v1/files", "after"],
  ["openai", "batch", "/batches", "/v1/batches", "after"],
  ["anthropic", "file", "/v1/files", "/anthropic/v1/files", "after_id"],
  ["anthropic", "file", "/v1/files", "/anthropic/v1/files", "before_id"],
  ["anthropic", "file", "/v1/files", "/anthropic/v1/files", "page"],
  ["anthropic", "batch", "/v1/messages/batches", MESSAGES, "after_id"],
  ["anthropic", "batch", "/v1/messages/batches", MESSAGES, "before_id"],
  ["anthropic", "batch", "/v1/messages/batches", MESSAGES, "page"],
];

export const OPERATIONS: readonly Operation[] = [
  ...PATHS.map(([dialect, kind, method, route, path]): Operation => ({
    name: `${method} ${path}`,
    dialect,
    route: `${method} ${route}`,
    kind,
    place: "path",
    answers: [404],
    probe: (id) => ({ method, path: path.replace(":id", encodeURIComponent(id)) }),
  })),
  ...CURSORS.map(([dialect, kind, route, path, cursor]): Operation => ({
    name: `GET ${path}?${cursor}=`,
    dialect,
    route: `GET ${route}`,
    kind,
    place: "query",
    answers: [404],
    probe: (id) => {
      const value = cursor === "page" ? `page_${Buffer.from(id).toString("base64url")}` : id;
      return { method: "GET", path: `${path}?${cursor}=${encodeURIComponent(value)}` };
    },
  })),
  {
    name: "GET /anthropic/v1/files?ids[]=",
    dialect: "anthropic",
    route: "GET /v1/files",
    kind: "file",
    place: "query",
    answers: [200],
    probe: (id) => ({
      method: "GET",
      path: `/anthropic/v1/files?ids%5B%5D=${encodeURIComponent(id)}`,
    }),
  },
  {
    name: "POST /v1/uploads/:id/parts",
    dialect: "openai",
    route: "POST /uploads/:id/parts",
    kind: "upload",
    place: "path",
    answers: [404],
    probe: (id) => ({
      method: "POST",
      path: `/v1/uploads/${encodeURIComponent(id)}/parts`,
      headers: { "content-type": FORM_TYPE },
      body: multipartBody([{ name: "data", filename: "part", value: "xyz" }]),
    }),
  },
  {
    name: "POST /v1/uploads/:id/complete",
    dialect: "openai",
    route: "POST /uploads/:id/complete",
    kind: "upload",
    place: "path",
    answers: [404],
    probe: (id) => json(`/v1/uploads/${encodeURIComponent(id)}/complete`, { part_ids: ["part_x"] }),
  },
  {
    name: "a part in POST /v1/uploads/:id/complete",
    dialect: "openai",
    route: "POST /uploads/:id/complete",
    kind: "part",
    place: "body",
    answers: [404],
    probe: (id, { uploadId }) => json(`/v1/uploads/${uploadId}/complete`, { part_ids: [id] }),
  },
  {
    name: "input_file_id of POST /v1/batches",
    dialect: "openai",
    route: "POST /batches",
    kind: "file",
    place: "body",
    answers: [404],
    probe: (id, { provider }) => json("/v1/batches", { ...chat, input_file_id: id, provider }),
  },
  {
    name: "input_file_id of POST /v1/batches that names no provider",
    dialect: "openai",
    route: "POST /batches",
    kind: "file",
    place: "body",
    answers: [404],
    probe: (id) => json("/v1/batches", { ...chat, input_file_id: id }),
  },
  {
    name: "output_s3_uri of POST /v1/batches",
    dialect: "openai",
    route: "POST /batches",
    kind: "file",
    place: "body",
    // A place that a key may not use is refused whether or not something lies there; what is no place is invalid.
    answers: [400, 403],
    probe: (id, { provider }) =>
      json("/v1/batches", { ...chat, input_file_id: "file-none", provider, output_s3_uri: id }),
  },
  {
    name: "an S3 location in POST /v1/chat/completions",
    dialect: "openai",
    route: "POST /chat/completions",
    kind: "file",
    place: "body",
    answers: [403],
    probe: (id, { provider }) => {
      const uri = id.startsWith("s3:") ? id : `s3://crossbatch-default/jobs/${id}`;
      const content = [{ image: { format: "png", source: { s3Location: { uri } } } }];
      return json(`/v1/chat/completions?provider=${provider}`, {
        model: MODELS[provider],
        messages: [{ role: "user", content }],
      });
    },
  },
  {
    name: "file_id in a request of POST /v1/batches",
    dialect: "openai",
    route: "POST /batches",
    kind: "file",
    place: "body",
    answers: [404],
    probe: (id, { provider }) => {
      const content = [{ type: "file", file: { file_id: id } }];
      const line = chatLine("a", {
        model: MODELS[provider],
        messages: [{ role: "user", content }],
      });
      return json("/v1/batches", { ...chat, provider, requests: [JSON.parse(line)] });
    },
  },
  {
    name: "file_id in POST /v1/chat/completions",
    dialect: "openai",
    route: "POST /chat/completions",
    kind: "file",
    place: "body",
    answers: [404],
    probe: (id, { provider }) => {
      const content = [{ type: "file", file: { file_id: id } }];
      return json(`/v1/chat/completions?provider=${provider}`, {
        model: MODELS[provider],
        messages: [{ role: "user", content }],
      });
    },
  },
  {
    name: "file_id in POST /v1/responses",
    dialect: "openai",
    route: "POST /responses",
    kind: "file",
    place: "body",
    answers: [404],
    probe: (id, { provider }) => {
      const content = [{ type: "input_file", file_id: id }];
      return json(`/v1/responses?provider=${provider}`, {
        model: MODELS[provider],
        input: [{ role: "user", content }],
      });
    },
  },
  {
    name: "file_id in POST /anthropic/v1/messages",
    dialect: "anthropic",
    route: "POST /v1/messages",
    kind: "file",
    place: "body",
    answers: [404],
    probe: (id, { provider }) => {
      const content = [{ type: "document", source: { type: "file", file_id: id } }];
      return json(`/anthropic/v1/messages?provider=${provider}`, {
        model: MODELS[provider],
        max_tokens: 5,
        messages: [{ role: "user", content }],
      });
    },
  },
  {
    name: "file_id in POST /anthropic/v1/messages/count_tokens",
    dialect: "anthropic",
    route: "POST /v1/messages/count_tokens",
    kind: "file",
    place: "body",
    answers: [404],
    probe: (id, { provider }) => {
      const content = [{ type: "document", source: { type: "file", file_id: id } }];
      return json(`/anthropic/v1/messages/count_tokens?provider=${provider}`, {
        model: MODELS[provider],
        messages: [{ role: "user", content }],
      });
    },
  },
  {
    name: "file_id in a request of POST /anthropic/v1/messages/batches",
    dialect: "anthropic",
    route: "POST /v1/messages/batches",
    kind: "file",
    place: "body",
    answers: [404],
    probe: (id, { provider }) => {
      const content = [{ type: "document", source: { type: "file", file_id: id } }];
      const params = {
        model: MODELS[provider],
        max_tokens: 5,
        messages: [{ role: "user", content }],
      };
      return json(`${MESSAGES}?provider=${provider}`, { requests: [{ custom_id: "a", params }] });
    },
  },
];
