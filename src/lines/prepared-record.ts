import { z } from "zod";
import type { Batch, RawResult } from "../core/batch.ts";
import type { KnownBlob } from "../core/blobs.ts";
import type { JsonObject } from "../core/json.ts";

/** What a batch remembers of how its lines were made ready, in its options. */
export interface PreparedRecord {
  /** Where it is a mere key, it is from before its bytes were noted. */
  readonly idsBlob: string | KnownBlob | null;
  /** The index of the input's lines; null: there is none, or it is from before it was noted. */
  readonly index: KnownBlob | null;
  readonly unsent: RawResult | null;
  /** Lines in the input. */
  readonly lines: number;
  readonly variant: string | null;
}

const knownBlob = z.object({ key: z.string(), bytes: z.number(), sha256: z.string().nullable() });

const schema = z.looseObject({
  idsBlob: z.union([z.string(), knownBlob]).nullable(),
  index: knownBlob.nullable().default(null),
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

const NOTHING: PreparedRecord = {
  idsBlob: null,
  index: null,
  unsent: null,
  lines: 0,
  variant: null,
};

export function preparedOf({ options }: Pick<Batch, "options">): PreparedRecord {
  return schema.safeParse(options["prepared"]).data ?? NOTHING;
}

export function knownResult({ blob: key, bytes, sha256 }: RawResult): KnownBlob {
  return { key, bytes, sha256 };
}

export function toOption({ idsBlob, index, unsent, ...rest }: PreparedRecord): JsonObject {
  return {
    prepared: {
      idsBlob: typeof idsBlob === "string" || idsBlob === null ? idsBlob : { ...idsBlob },
      index: index === null ? null : { ...index },
      unsent: unsent === null ? null : { ...unsent },
      ...rest,
    },
  };
}
