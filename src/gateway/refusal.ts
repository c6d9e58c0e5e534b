import type { Batch } from "../core/batch.ts";
import type { ErrorCode } from "../core/errors.ts";
import { ERRORS, GatewayError } from "../core/errors.ts";

/** Why a batch that failed is none, and its create is refused: in the provider's words, or because a file isn't there. */
export function refusalOf(batch: Batch): GatewayError | null {
  return batch.state === "failed" ? (upstreamRefusal(batch) ?? missingFile(batch)) : null;
}

/** Requests that come in a create are told what isn't there as a single one is; a file of lines fails its batch. */
function missingFile({ options, errors }: Batch): GatewayError | null {
  const error = errors.find(({ code }) => code === "file_not_found");
  if (error === undefined || options["inline"] !== true) return null;
  const { code, message, line, param } = error;
  return new GatewayError("not_found", `${message} (line ${line}, ${param})`, {
    reason: code,
    ...(param === null ? {} : { param }),
  });
}

/** As the engine wrote it down. */
function upstreamRefusal(batch: Batch): GatewayError | null {
  const refusal = batch.options["refusal"];
  if (typeof refusal !== "object" || refusal === null || Array.isArray(refusal)) return null;
  const text = (name: string) => {
    const value = "message" in refusal ? refusal[name] : undefined;
    return typeof value === "string" ? value : undefined;
  };
  const code = text("code");
  const param = text("param");
  const reason = text("reason");
  const upstreamType = text("upstreamType");
  return new GatewayError(
    isErrorCode(code) ? code : "upstream_rejected",
    text("message") ?? "The provider refused the batch.",
    {
      ...(param === undefined ? {} : { param }),
      ...(reason === undefined ? {} : { reason }),
      ...(upstreamType === undefined ? {} : { upstreamType }),
    },
  );
}

function isErrorCode(code: string | undefined): code is ErrorCode {
  return code !== undefined && Object.hasOwn(ERRORS, code);
}
