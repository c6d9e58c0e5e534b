import type { Part } from "./batch.ts";
import type { JsonObject } from "./json.ts";

/** What the operator says is to become of an uncertain Part; the engine does it. */
export type Resolution =
  | { readonly kind: "resend" }
  | { readonly kind: "adopt"; readonly jobId: string }
  | { readonly kind: "give_up" };

export function readResolution({ options }: Pick<Part, "options">): Resolution | null {
  const kind = options["resolution"];
  if (kind === "resend" || kind === "give_up") return { kind };
  const jobId = options["resolutionJob"];
  return kind === "adopt" && typeof jobId === "string" ? { kind, jobId } : null;
}

/** The options of a Part with it. */
export function writeResolution(part: Pick<Part, "options">, resolution: Resolution): JsonObject {
  const jobId = resolution.kind === "adopt" ? { resolutionJob: resolution.jobId } : {};
  return { ...withoutResolution(part), resolution: resolution.kind, ...jobId };
}

export function withoutResolution({ options }: Pick<Part, "options">): JsonObject {
  const { resolution: _kind, resolutionJob: _job, ...rest } = options;
  return rest;
}
