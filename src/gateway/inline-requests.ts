import type { OpenAccount } from "../core/accounts.ts";
import type { StoredFile } from "../core/file.ts";
import type { Call, ReceivedContent } from "../core/gateway.ts";
import type { Provider } from "../core/provider.ts";
import { wholeSecond } from "../lib/whole-second.ts";
import type { GatewayContext } from "./context.ts";
import { ownExpiry } from "./create-file.ts";

/**
 * Lines that came inside a create are a File like any other, so that what follows knows no difference. Its row is written
 * with that of the batch.
 */
export function inlineFile(
  context: GatewayContext,
  call: Call,
  work: {
    readonly content: ReceivedContent;
    readonly provider: Provider;
    readonly account: OpenAccount;
  },
): StoredFile {
  const { content, provider, account } = work;
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
