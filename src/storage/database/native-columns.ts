import type { NativeRef } from "../../core/file.ts";

export function toNative(row: {
  readonly native_id: string | null;
  readonly native_format: NativeRef["format"] | null;
}): NativeRef | null {
  return row.native_id === null || row.native_format === null
    ? null
    : { id: row.native_id, format: row.native_format };
}
