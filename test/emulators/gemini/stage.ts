import type { Emulator } from "../../../src/emulators/control.ts";
import type { GeminiControl } from "../../../src/emulators/gemini/control.ts";
import type { GeminiEmulatorOptions } from "../../../src/emulators/gemini/server.ts";
import { startGeminiEmulator } from "../../../src/emulators/gemini/server.ts";
import { specProblem } from "../../support/specs.ts";

export const KEY = "gemini-emulator-test-4711";

export interface Stage extends AsyncDisposable {
  readonly url: string;
  readonly emulator: Emulator<GeminiControl>;
  readonly control: GeminiControl;
  /** How many replies were held against Google's own schemas. */
  readonly checkedReplies: () => number;
  /** A call whose reply is held against Google's own schema. */
  readonly call: (method: string, path: string, options?: CallOptions) => Promise<Reply>;
}

interface CallOptions {
  readonly key?: string | null;
  readonly json?: unknown;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: ReturnType<typeof JSON.parse>;
}

export async function startStage(options: GeminiEmulatorOptions = {}): Promise<Stage> {
  const emulator = await startGeminiEmulator({ apiKeys: [KEY], speed: 0, ...options });
  let checked = 0;
  return {
    url: emulator.url,
    emulator,
    control: emulator.control,
    checkedReplies: () => checked,
    call: async (method, path, call = {}) => {
      const reply = await send(method, emulator.url + path, call);
      checked += checkReply(method, path, reply);
      return reply;
    },
    [Symbol.asyncDispose]: emulator.close,
  };
}

async function send(method: string, url: string, options: CallOptions): Promise<Reply> {
  const { key = KEY, json, body, headers } = options;
  const response = await fetch(url, {
    method,
    headers: {
      "content-type": "application/json",
      ...(key === null ? {} : { "x-goog-api-key": key }),
      ...headers,
    },
    ...(json === undefined ? {} : { body: JSON.stringify(json) }),
    ...(body === undefined ? {} : { body }),
  });
  const text = await response.text();
  const isJson = (response.headers.get("content-type") ?? "").startsWith("application/json");
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson ? JSON.parse(text) : null,
  };
}

const SCHEMAS: readonly (readonly [method: string, pattern: RegExp, schema: string | null])[] = [
  ["GET", /^\/v1beta\/files$/, "ListFilesResponse"],
  ["GET", /:download$/, null],
  ["GET", /^\/v1beta\/files\/[^/]+$/, "File"],
  ["DELETE", /./, null],
  ["POST", /\/upload\/v1beta\/files$/, "CreateFileResponse"],
  ["POST", /:cancel$/, null],
  ["POST", /:(batchGenerateContent|asyncBatchEmbedContent)$/, "Operation"],
  ["GET", /^\/v1beta\/batches$/, "ListOperationsResponse"],
  ["GET", /^\/v1beta\/batches\/[^/]+$/, "Operation"],
  ["POST", /:generateContent$/, "GenerateContentResponse"],
  ["POST", /:streamGenerateContent$/, null],
  ["POST", /:countTokens$/, "CountTokensResponse"],
  ["POST", /:embedContent$/, "EmbedContentResponse"],
  ["POST", /:batchEmbedContents$/, "BatchEmbedContentsResponse"],
  ["GET", /^\/v1beta\/models$/, "ListModelsResponse"],
  ["GET", /^\/v1beta\/models\/[^/]+$/, "Model"],
];

function checkReply(method: string, path: string, reply: Reply): number {
  if (reply.status !== 200) {
    checkError(reply);
    return 1;
  }
  const pathname = path.replace(/\?.*$/, "");
  const found = SCHEMAS.find(([verb, pattern]) => verb === method && pattern.test(pathname));
  if (found === undefined) throw new Error(`no schema is known for ${method} ${path}`);
  const schema = found[2];
  if (schema === null) return 0;
  hold(schema, reply.json);
  if (schema === "Operation") checkOperation(reply.json);
  for (const operation of reply.json.operations ?? []) checkOperation(operation);
  return 1;
}

function checkError({ status, json }: Reply): void {
  if (json === null) throw new Error(`an error of ${status} isn't JSON`);
  const { status: name, ...error } = json.error;
  if (error.code !== status) throw new Error(`${status} says that it is ${error.code}`);
  if (!/^[A-Z_]+$/.test(name)) throw new Error(`an error has the status ${name}`);
  hold("Status", error);
}

/** What the operation holds is of a type that it names. */
function checkOperation(operation: Reply["json"]): void {
  for (const held of [operation.metadata, operation.response]) {
    if (held === undefined) continue;
    const { "@type": type, ...message } = held;
    hold(
      String(type).replace(/^type\.googleapis\.com\/google\.ai\.generativelanguage\.v1main\./, ""),
      message,
    );
  }
}

function hold(schema: string, value: unknown): void {
  const problem = specProblem("gemini", schema, value);
  if (problem !== null) throw new Error(`${problem}: ${JSON.stringify(value).slice(0, 500)}`);
}

/** A line of an input file, with anything about its request changed. */
export function generateLine(key: string, request: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    key,
    request: { contents: [{ role: "user", parts: [{ text: `What is ${key}?` }] }], ...request },
  });
}

/** Uploads in one request; the name, `files/…`. */
export async function upload(stage: Stage, content: string, name = ""): Promise<string> {
  const file = { mimeType: "jsonl", ...(name === "" ? {} : { name }) };
  const body = [
    "--edge\r\nContent-Type: application/json\r\n\r\n",
    JSON.stringify({ file }),
    "\r\n--edge\r\nContent-Type: application/jsonl\r\n\r\n",
    content,
    "\r\n--edge--\r\n",
  ].join("");
  const reply = await stage.call("POST", "/upload/v1beta/files", {
    body,
    headers: {
      "x-goog-upload-protocol": "multipart",
      "content-type": "multipart/related; boundary=edge",
    },
  });
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.json.file.name;
}

/** A batch over these lines, that moves only when the control says so. */
export async function createBatch(
  stage: Stage,
  lines: readonly string[],
  method = "gemini-2.5-flash:batchGenerateContent",
): Promise<string> {
  const fileName = await upload(stage, lines.map((line) => `${line}\n`).join(""));
  const reply = await stage.call("POST", `/v1beta/models/${method}`, {
    json: { batch: { displayName: "d", inputConfig: { fileName } } },
  });
  if (reply.status !== 200) throw new Error(reply.text);
  return reply.json.name;
}

/** The rows of a batch's output file, each of whose answers is held against its schema. */
export async function readRows(stage: Stage, batch: string): Promise<readonly Reply["json"][]> {
  const operation = await stage.call("GET", `/v1beta/${batch}`);
  const { responsesFile } = operation.json.response;
  const reply = await stage.call("GET", `/v1beta/${responsesFile}:download?alt=media`);
  if (reply.status !== 200) throw new Error(reply.text);
  if (!reply.text.endsWith("\n") || reply.text.includes("\n\n"))
    throw new Error("not one line a row");
  const rows = reply.text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const { response } of rows) {
    const schema =
      response?.embedding === undefined ? "GenerateContentResponse" : "EmbedContentResponse";
    if (response !== undefined) hold(schema, response);
  }
  return rows;
}
