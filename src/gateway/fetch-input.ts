import { isGatewayError } from "../core/errors.ts";
import type { StoredFile } from "../core/file.ts";
import type { Call } from "../core/gateway.ts";
import type { Provider } from "../core/provider.ts";
import type { GatewayContext } from "./context.ts";
import { openHome, placed } from "./mirror.ts";
import { receive } from "./receive.ts";
import { removeBlobs } from "./remove-blobs.ts";

/**
 * A file that was made elsewhere as the input of a batch: its bytes are brought here, unless its own provider reads them itself.
 */
export async function fetchInput(
  context: GatewayContext,
  call: Call,
  { file, provider }: { readonly file: StoredFile; readonly provider: Provider },
): Promise<StoredFile> {
  const readsItself =
    file.provider === provider.name && provider.takesInputFiles && !provider.hasForeignFiles;
  if (file.blob !== null || readsItself || file.native === null) return file;
  const { upstream } = openHome(context, placed(call, file.options), file);
  if (upstream.files === undefined) return file;
  const stream = await upstream.files.open(file.native.id, call.signal);
  const received = await receive(context, stream, call.signal);
  const { blob, bytes, sha256, lines } = received;
  try {
    return await context.database.files.update(file, {
      blob,
      bytes,
      sha256,
      lines,
      purpose: "batch",
    });
  } catch (error) {
    await removeBlobs(context, [blob]);
    if (!isGatewayError(error, "stale")) throw error;
    // Another request was faster, or its client has deleted it.
    return (await context.database.files.get(file.id, call.client.owners)) ?? file;
  }
}
