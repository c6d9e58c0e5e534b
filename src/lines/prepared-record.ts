import { z } from "zod";
import type { Batch, RawResult } from "../core/batch.ts";
import type { JsonObject } from "../core/json.ts";

/** What a batch remembers of how its lines were made ready, in its options. */
export interface PreparedRecord {
  readonly idsBlob: string | null;
  readonly unsent: RawResult | null;
  /** Lines in the input. */
  readonly lines: number;
  readonly variant: string | null;
}

const schema = z.looseObject({
  idsBlob: z.string().nullable(),
  unsent: z
    .object({
      role: z.literal("unsent"),
      blob: z.string(),
      bytes: z.number(),
      lines: z.number(),
      sha256: z.string(),
      nativeId: z.null(),
    })
    .nullable(),
  lines: z.number(),
  variant: z.string().nullable(),
});

const NOTHING: PreparedRecord = { idsBlob: null, unsent: null, lines: 0, variant: null };

export function preparedOf({ options }: Pick<Batch, "options">): PreparedRecord {
  return schema.safeParse(options["prepared"]).data ?? NOTHING;
}

export function toOption({ idsBlob, unsent, lines, variant }: PreparedRecord): JsonObject {
  return {
    prepared: { idsBlob, unsent: unsent === null ? null : { ...unsent }, lines, variant },
  };
}
