import type { Batch } from "../core/batch.ts";
import type { ErrorCode } from "../core/errors.ts";
import { ERRORS, GatewayError } from "../core/errors.ts";

/** What the provider said when it refused the create, as the engine wrote it down. */
export function refusalOf(batch: Batch): GatewayError | null {
  const refusal = batch.options["refusal"];
  if (
    batch.state !== "failed" ||
    typeof refusal !== "object" ||
    refusal === null ||
    Array.isArray(refusal)
  )
    return null;
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
