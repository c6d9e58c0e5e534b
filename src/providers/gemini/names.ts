import { GatewayError } from "../../core/errors.ts";
import { pathSegment } from "../upstream.ts";

/** The path of `files/abc` or `batches/abc`, also where only `abc` is given. */
export function pathOf(kind: "files" | "batches", id: string): string {
  const prefix = `${kind}/`;
  return `/v1beta/${prefix}${pathSegment(id.startsWith(prefix) ? id.slice(prefix.length) : id)}`;
}

/** The path of `models/gemini-2.5-flash` or `tunedModels/mine`; without either it is a model. */
export function pathOfModel(model: string | null): string {
  if (model === null) {
    throw new GatewayError(
      "invalid_request",
      "Gemini's URLs name the model, so that a batch or call needs exactly one. Name it as `model`.",
      { param: "model", notSent: true },
    );
  }
  const [, kind = "models", id = ""] = /^(?:(models|tunedModels)\/)?(.*)$/s.exec(model) ?? [];
  return `/v1beta/${kind}/${pathSegment(id)}`;
}
