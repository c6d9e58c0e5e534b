// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
import { type ErrorCode, GatewayError } from "../../core/errors.ts";
import type { S3Errors } from "../../s3/calls.ts";
import { httpStatusOf, networkCodeOf } from "../../s3/sdk-error.ts";
import { codeOf, responseHeaders } from "./errors.ts";

const CODES: ReadonlyMap<string, ErrorCode> = new Map<string, ErrorCode>([
  ["NoSuchKey", "upstream_not_found"],
  ["NoSuchBucket", "upstream_not_found"],
  ["AccessDenied", "upstream_forbidden"],
  ["AllAccessDisabled", "upstream_forbidden"],
  ["InvalidAccessKeyId", "upstream_unauthorized"],
  ["SignatureDoesNotMatch", "upstream_unauthorized"],
  ["ExpiredToken", "upstream_unauthorized"],
  ["InvalidToken", "upstream_unauthorized"],
  ["RequestTimeTooSkewed", "upstream_unauthorized"],
  ["EntityTooLarge", "upstream_too_large"],
  ["InvalidRange", "range_not_satisfiable"],
  ["SlowDown", "upstream_rate_limited"],
]);

const WRONG_REGION = new Set(["PermanentRedirect", "AuthorizationHeaderMalformed"]);
const REGION = /^[a-z0-9-]{1,40}$/;

/** How trouble with a client's bucket is told. S3's own messages are left out: they name accounts and roles. */
export function createS3Errors(bucket: string, region: string): S3Errors {
  return {
    bucket: `The S3 bucket ${bucket}`,
    object: `An object in the S3 bucket ${bucket}`,
    broken: "upstream_unavailable",
    late: "upstream_timeout",
    toError: (error) => toS3Error(error, { bucket, region }),
  };
}

interface Asked {
  readonly bucket: string;
  readonly region: string;
}

function toS3Error(error: unknown, asked: Asked): GatewayError {
  const { bucket } = asked;
  const name = error instanceof Error ? error.name : "unknown error";
  const status = httpStatusOf(error);
  if (status === null || status < 300) {
    return new GatewayError(
      "upstream_unavailable",
      `The S3 bucket ${bucket} can't be used now (${networkCodeOf(error) ?? name}).`,
      { cause: error },
    );
  }
  const details = {
    upstreamStatus: status,
    upstreamType: name,
    cause: new Error(`S3 answered ${status} ${name}`),
  };
  if (status === 301 || WRONG_REGION.has(name)) {
    return new GatewayError("invalid_request", elsewhere(error, asked), {
      ...details,
      param: "storage_config",
    });
  }
  const code = status === 416 ? "range_not_satisfiable" : (CODES.get(name) ?? codeOf(null, status));
  return new GatewayError(code, messageOf(code, { ...asked, name }), details);
}

function messageOf(code: ErrorCode, { bucket, name }: Asked & { readonly name: string }): string {
  if (name === "NoSuchBucket") {
    return `There is no S3 bucket ${bucket}: name another one in storage_config.s3.bucket, or in CROSSBATCH_BEDROCK_S3_URI.`;
  }
  if (code === "upstream_not_found") return `There is no such object in the S3 bucket ${bucket}.`;
  if (code === "upstream_forbidden") {
    return `The gateway's AWS credentials may not do this in the S3 bucket ${bucket} (${name}); they need s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there.`;
  }
  if (code === "upstream_unauthorized") {
    return `S3 refused the AWS credentials that the gateway uses (${name}).`;
  }
  return `S3 refused a call to the bucket ${bucket} (${name}).`;
}

function elsewhere(error: unknown, { bucket, region }: Asked): string {
  const said = responseHeaders(error)["x-amz-bucket-region"] ?? regionIn(error);
  const where = said !== undefined && REGION.test(said) ? `in ${said}` : "in another region";
  return `The S3 bucket ${bucket} is ${where}, and was asked for in ${region}: name its region in storage_config.s3.region, or in AWS_REGION.`;
}

/** `<Region>` of the answer. */
function regionIn(error: unknown): string | undefined {
  return error instanceof Error && "Region" in error && typeof error.Region === "string"
    ? error.Region
    : undefined;
}
