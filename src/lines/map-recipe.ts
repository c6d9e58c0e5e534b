import type { FormatName } from "../core/format.ts";
import { withoutPrefix } from "../core/model-name.ts";
import type { LineMap, MapOptions, Side } from "../core/translation.ts";
import { formats, requestMap } from "../formats/formats.ts";

/** How lines are mapped, as plain data: another thread makes the same map of it. */
export interface MapRecipe {
  readonly from: RecipeSide;
  readonly to: RecipeSide;
  readonly mode: MapOptions["mode"];
  /** As `MapOptions.hasMixedLines`. */
  readonly hasMixedLines: boolean;
  /** What models may carry before their names: the provider's. */
  readonly modelPrefix: string | null;
}

export type RecipeSide = Omit<Side, "format"> & { readonly format: FormatName };

/** Null: the lines go as they are. */
export function createMap(
  { from, to, mode, hasMixedLines, modelPrefix }: MapRecipe,
  options: Pick<MapOptions, "nowSeconds" | "newId" | "ids">,
): LineMap | null {
  const sideOf = ({ format, ...side }: RecipeSide): Side => ({ ...side, format: formats[format] });
  return requestMap(sideOf(from), sideOf(to), {
    ...options,
    mode,
    isBatch: true,
    hasMixedLines,
    renameModel: (model) => withoutPrefix(model, modelPrefix),
  });
}
