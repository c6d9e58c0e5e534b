import type { OpenAccount } from "../core/accounts.ts";
import { GatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { BatchInput, Call } from "../core/gateway.ts";
import type { Json } from "../core/json.ts";
import type { Provider } from "../core/provider.ts";
import { wholeSecond } from "../lib/whole-second.ts";
import type { GatewayContext } from "./context.ts";
import { ownExpiry } from "./create-file.ts";
import { receive } from "./receive.ts";

export type InlineInput = Exclude<BatchInput, { readonly kind: "file" }>;

/**
 * Lines that came inside a create become a File like any other, so that what follows knows no difference. Its bytes are
 * durable; its row is written with that of the batch.
 */
export async function receiveInlineRequests(
  context: GatewayContext,
  call: Call,
  work: {
    readonly input: InlineInput;
    readonly provider: Provider;
    readonly account: OpenAccount;
  },
): Promise<StoredFile> {
  const { input, provider, account } = work;
  if (input.kind === "requests" && input.requests.length === 0) {
    throw new GatewayError(
      "invalid_request",
      "'requests' is empty. Give at least one, or an 'input_file_id'.",
      {
        param: "requests",
        reason: "invalid_value",
      },
    );
  }
  const content =
    input.kind === "content"
      ? input.content
      : await receive(context, lines(input.requests), call.signal);
  const now = context.now();
  const createdAt = wholeSecond(now);
  return {
    id: context.newId(now),
    owner: account.owner,
    account: account.access.account,
    dialect: call.dialect,
    provider: provider.name,
    origin: "inline",
    native: null,
    filename: "requests.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: content.bytes,
    sha256: content.sha256,
    lines: content.lines,
    blob: content.blob,
    lineIndex: null,
    batchId: null,
    role: null,
    options: {},
    createdAt,
    expiresAt: ownExpiry(context, { purpose: "batch", expiresAfterSeconds: null }, createdAt),
    version: 1,
  };
}

const LINES_PER_CHUNK = 200;

async function* lines(requests: readonly Json[]): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < requests.length; at += LINES_PER_CHUNK) {
    const chunk = requests
      .slice(at, at + LINES_PER_CHUNK)
      .map((request) => `${JSON.stringify(request)}\n`);
    yield await Promise.resolve(Buffer.from(chunk.join("")));
  }
}
