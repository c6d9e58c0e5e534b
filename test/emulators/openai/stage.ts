import OpenAI from "openai";
import type { Emulator } from "../../../src/emulators/control.ts";
import type { OpenAIControl } from "../../../src/emulators/openai/control.ts";
import type { OpenAIEmulatorOptions } from "../../../src/emulators/openai/server.ts";
import { startOpenAIEmulator } from "../../../src/emulators/openai/server.ts";
import { specProblem } from "../../support/specs.ts";

export const KEY = "sk-emulator-test-4711";

export interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly emulator: Emulator<OpenAIControl>;
  readonly control: OpenAIControl;
  /** An official client, whose every reply is held against OpenAI's own schema. */
  readonly client: OpenAI;
  /** How many replies were held against a schema. */
  readonly checkedReplies: () => number;
  /** A call without the client's help; nothing is checked. */
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<RawReply>;
}

interface CallOptions {
  readonly key?: string | null;
  readonly json?: unknown;
  readonly body?: string | Uint8Array | FormData;
  readonly headers?: Readonly<Record<string, string>>;
}

interface RawReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: () => unknown;
}

export async function startStage(options: OpenAIEmulatorOptions = {}): Promise<Stage> {
  const emulator = await startOpenAIEmulator({ apiKeys: [KEY], speed: 0, ...options });
  let checked = 0;
  const client = new OpenAI({
    apiKey: KEY,
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
  ["POST", "/files", "OpenAIFile"],
  ["GET", "/files", "ListFilesResponse"],
  ["GET", `/files/${ID}`, "OpenAIFile"],
  ["DELETE", `/files/${ID}`, "DeleteFileResponse"],
  ["GET", `/files/${ID}/content`, null],
  ["POST", "/uploads", "Upload"],
  ["POST", `/uploads/${ID}/parts`, "UploadPart"],
  ["POST", `/uploads/${ID}/(complete|cancel)`, "Upload"],
  ["POST", "/batches", "Batch"],
  ["GET", "/batches", "ListBatchesResponse"],
  ["GET", `/batches/${ID}`, "Batch"],
  ["POST", `/batches/${ID}/cancel`, "Batch"],
  ["POST", "/chat/completions", "CreateChatCompletionResponse"],
  ["POST", "/responses", "Response"],
  ["POST", "/embeddings", "CreateEmbeddingResponse"],
  ["POST", "/completions", "CreateCompletionResponse"],
  ["POST", "/moderations", "CreateModerationResponse"],
  ["GET", "/models", "ListModelsResponse"],
  ["GET", `/models/${ID}`, "Model"],
];

async function checkReply(method: string, path: string, response: Response): Promise<number> {
  const found = SCHEMAS.find(
    ([verb, pattern]) => verb === method && new RegExp(`^/v1${pattern}$`).test(path),
  );
  if (found === undefined) throw new Error(`no schema is known for ${method} ${path}`);
  const schema = response.ok ? found[2] : "ErrorResponse";
  const type = response.headers.get("content-type") ?? "";
  if (schema === null || !type.startsWith("application/json")) return 0;
  const problem = specProblem("openai", schema, JSON.parse(await response.text()));
  if (problem !== null) throw new Error(`${method} ${path}: ${problem}`);
  return 1;
}

async function rawCall(method: string, url: string, options: CallOptions): Promise<RawReply> {
  const { key = KEY, json, body, headers } = options;
  const response = await fetch(url, {
    method,
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(json === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

/** A chat line of a batch, with anything about it changed. */
export function chatLine(id: string, changes: LineChanges = {}): string {
  const body = {
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: `What is ${id}?` }],
    ...changes.body,
  };
  const line = {
    custom_id: id,
    method: "POST",
    url: "/v1/chat/completions",
    ...changes.line,
    body,
  };
  return JSON.stringify(line);
}

export interface LineChanges {
  readonly line?: Readonly<Record<string, unknown>>;
  readonly body?: Readonly<Record<string, unknown>>;
}

export async function uploadLines(stage: Stage, lines: readonly string[], name = "in.jsonl") {
  const file = new File([lines.map((line) => `${line}\n`).join("")], name);
  return stage.client.files.create({ file, purpose: "batch" });
}

/** A batch over these lines, that moves only when the control says so. */
export async function createBatch(
  stage: Stage,
  lines: readonly string[],
  endpoint: OpenAI.BatchCreateParams["endpoint"] = "/v1/chat/completions",
) {
  const input = await uploadLines(stage, lines);
  return stage.client.batches.create({
    input_file_id: input.id,
    endpoint,
    completion_window: "24h",
  });
}

/** The parts of an answer that tests look at. */
interface RowBody {
  readonly usage: Readonly<Record<string, number>>;
  readonly choices: readonly { readonly message: { readonly content: string } }[];
}

export interface ResultRow {
  readonly id: string;
  readonly custom_id: string;
  readonly response: { status_code: number; request_id: string; body: RowBody } | null;
  readonly error: { code: string; message: string } | null;
}

/** The rows of a result file, each held against the schema of such rows. */
export async function readRows(
  stage: Stage,
  fileId: string | null | undefined,
): Promise<readonly ResultRow[]> {
  if (fileId === null || fileId === undefined) return [];
  const text = await (await stage.client.files.content(fileId)).text();
  if (!text.endsWith("\n") || text.includes("\n\n")) throw new Error("not one line a row");
  const rows = text
    .trimEnd()
    .split("\n")
    .map((line): ResultRow => JSON.parse(line));
  for (const row of rows) checkRow(row);
  return rows;
}

function checkRow(row: ResultRow): void {
  const names = Object.keys(row).join();
  if (names !== "id,custom_id,response,error") throw new Error(`a row has ${names}`);
  const given = Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null));
  const problem = specProblem("openai", "BatchRequestOutput", given);
  if (problem !== null) throw new Error(problem);
}
