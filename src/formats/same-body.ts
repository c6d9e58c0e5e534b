import type { BodyFormat } from "../core/format.ts";
import type { Side } from "../core/translation.ts";

/** Whether what one side says is, byte for byte, what the other wants: nobody has to look at the lines. */
export function isSameBody(from: Side, to: Side): boolean {
  if (from.format.name !== to.format.name) return false;
  if (to.betas !== undefined && to.betas.length > 0) return false;
  if (to.endpoint !== null && to.endpoint !== from.endpoint) return false;
  if (to.variant !== null && to.variant !== from.variant) return false;
  return to.model === null || isSameModel(from, to);
}

/** A model that the lines name would have to be changed in each; one of the job may decide how the bodies look. */
function isSameModel(from: Side, to: Side): boolean {
  if (from.format.bodies.some(({ frame }) => frame.modelIn === "body")) return false;
  if (from.model === to.model) return true;
  const source = choose(from);
  const target = choose(to);
  return source !== null && target !== null && source.codec.name === target.codec.name;
}

function choose({ format, endpoint, model, variant }: Side): BodyFormat | null {
  if (endpoint === null) return null;
  try {
    return format.chooseBody({ endpoint, model, variant, sample: null });
  } catch {
    return null;
  }
}
