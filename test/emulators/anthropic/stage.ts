import Anthropic from "@anthropic-ai/sdk";
import type { AnthropicControl } from "../../../src/emulators/anthropic/control.ts";
import type { AnthropicEmulatorOptions } from "../../../src/emulators/anthropic/server.ts";
import { startAnthropicEmulator } from "../../../src/emulators/anthropic/server.ts";
import type { Emulator } from "../../../src/emulators/control.ts";
import { specProblem } from "../../support/specs.ts";

export const KEY = "sk-ant-emulator-test-4711";
export const OLD_VERSION = { "anthropic-version": "2023-06-01" };

export interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly emulator: Emulator<AnthropicControl>;
  readonly control: AnthropicControl;
  /** An official client, whose every reply is held against Anthropic's own schema. */
  readonly client: Anthropic;
  /** How many replies were held against a schema. */
  readonly checkedReplies: () => number;
  /** A call without the client's help; nothing is checked. */
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<RawReply>;
}

interface CallOptions {
  readonly json?: unknown;
  readonly body?: string | Uint8Array | FormData | ReadableStream;
  /** In the place of the usual ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: () => unknown;
}

export async function startStage(options: AnthropicEmulatorOptions = {}): Promise<Stage> {
  const emulator = await startAnthropicEmulator({ apiKeys: [KEY], speed: 0, ...options });
  let checked = 0;
  const client = new Anthropic({
    apiKey: KEY,
    authToken: null,
    baseURL: emulator.url,
    maxRetries: 0,
    fetch: async (input, init) => {
      const response = await fetch(input, init);
      const url = typeof input === "string" ? input : input instanceof URL ? input.href : input.url;
      checked += await checkReply(init?.method ?? "GET", new URL(url).pathname, response.clone());
      return response;
    },
  });
  return {
    url: emulator.url,
    emulator,
    control: emulator.control,
    client,
    checkedReplies: () => checked,
    call: (method, path, call = {}) => rawCall(method, emulator.url + path, call),
    [Symbol.asyncDispose]: emulator.close,
  };
}

const ID = "[^/]+";
const SCHEMAS: readonly (readonly [method: string, path: string, schema: string | null])[] = [
  ["POST", "/messages", "Message"],
  ["POST", "/messages/count_tokens", "CountMessageTokensResponse"],
  ["POST", "/messages/batches", "MessageBatch"],
  ["GET", "/messages/batches", "ListResponse_MessageBatch_"],
  ["GET", `/messages/batches/${ID}`, "MessageBatch"],
  ["DELETE", `/messages/batches/${ID}`, "DeleteMessageBatchResponse"],
  ["POST", `/messages/batches/${ID}/cancel`, "MessageBatch"],
  ["GET", `/messages/batches/${ID}/results`, null],
  ["POST", "/files", "BetaFileMetadataSchema"],
  ["GET", "/files", "BetaFileListResponse"],
  ["GET", `/files/${ID}`, "BetaFileMetadataSchema"],
  ["DELETE", `/files/${ID}`, "BetaFileDeleteResponse"],
  ["GET", `/files/${ID}/content`, null],
  ["GET", "/models", "ListResponse_ModelInfo_"],
  ["GET", `/models/${ID}`, "ModelInfo"],
];

async function checkReply(method: string, path: string, response: Response): Promise<number> {
  const found = SCHEMAS.find(
    ([verb, pattern]) => verb === method && new RegExp(`^/v1${pattern}$`).test(path),
  );
  if (found === undefined) throw new Error(`no schema is known for ${method} ${path}`);
  const schema = response.ok ? found[2] : "ErrorResponse";
  const type = response.headers.get("content-type") ?? "";
  if (schema === null || !type.startsWith("application/json")) return 0;
  const problem = specProblem("anthropic", schema, JSON.parse(await response.text()));
  if (problem !== null) throw new Error(`${method} ${path}: ${problem}`);
  return 1;
}

async function rawCall(method: string, url: string, options: CallOptions): Promise<RawReply> {
  const { json, body, headers = { "x-api-key": KEY, ...OLD_VERSION } } = options;
  const sent = json === undefined ? body : JSON.stringify(json);
  const response = await fetch(url, {
    method,
    headers,
    ...(sent === undefined ? {} : { body: sent }),
    ...(sent instanceof ReadableStream ? { duplex: "half" } : {}),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

type Params = Anthropic.Messages.BatchCreateParams.Request["params"];

/** A request of a batch, with anything about its params changed. */
export function batchRequest(id: string, changes: Readonly<Record<string, unknown>> = {}) {
  const params: Params = {
    model: "claude-haiku-4-5",
    max_tokens: 1_024,
    messages: [{ role: "user", content: `What is ${id}?` }],
  };
  return { custom_id: id, params: { ...params, ...changes } };
}

export function batchRequests(count: number) {
  return Array.from({ length: count }, (_, index) => batchRequest(`r${index + 1}`));
}

/** The rows of a batch, each held against the schema of such rows. */
export async function readRows(stage: Stage, batchId: string) {
  const rows = [];
  for await (const row of await stage.client.messages.batches.results(batchId)) {
    const problem = specProblem("anthropic", "MessageBatchIndividualResponse", row);
    if (problem !== null) throw new Error(problem);
    rows.push(row);
  }
  return rows;
}
