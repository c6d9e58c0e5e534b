import type { Batch } from "../core/batch.ts";
import type { BatchView, FileRef } from "../core/gateway.ts";

/** A batch with the files it names. */
export function viewOf(batch: Batch): BatchView {
  const unknownInput = batch.options["inputFileId"];
  return {
    batch,
    input:
      fileRef(batch.inputFileId, batch.natives.input) ??
      // An id that the client gave and nobody knows is shown as it was given.
      (typeof unknownInput === "string" ? given(unknownInput) : null),
    output: fileRef(batch.outputFileId, batch.natives.output),
    error: fileRef(batch.errorFileId, batch.natives.error),
  };
}

/** Files of a mirrored batch have a native id only. */
function fileRef(id: string | null, native: FileRef["native"]): FileRef | null {
  if (id !== null) return { id, native };
  return native === null ? null : given(native.id);
}

function given(id: string): FileRef {
  return { id, native: null, given: id };
}
