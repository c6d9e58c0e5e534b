import { z } from "zod";
import type { BatchWarning } from "../core/batch.ts";
import type { StoredFile } from "../core/file.ts";
import type { JsonObject } from "../core/json.ts";

const schema = z.looseObject({
  recipe: z.string(),
  warnings: z.array(
    z.object({
      code: z.string(),
      message: z.string(),
      field: z.string().nullable(),
      lines: z.number().nullable(),
      firstLines: z.array(z.number()),
    }),
  ),
});

/** What the translation of a File's copy had to leave out, as the File's options remember it. */
export function copyWarnings(file: StoredFile, recipe: string): readonly BatchWarning[] {
  const record = schema.safeParse(file.options["copy"]).data;
  return record?.recipe === recipe ? record.warnings : [];
}

export function toCopyOption(recipe: string, warnings: readonly BatchWarning[]): JsonObject {
  return {
    copy: {
      recipe,
      warnings: warnings.map((warning) => ({ ...warning, firstLines: [...warning.firstLines] })),
    },
  };
}
