import { computeSignatureV4, parseSignatureV4 } from "../../lib/signature-v4.ts";
import { MAX_SKEW_MILLISECONDS } from "./limits.ts";
import { header, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface AuthorizationRules {
  readonly region: string;
  /** Null: any key is known, and only the shape of a signature is checked. */
  readonly credentials: readonly Credentials[] | null;
  readonly now: () => number;
}

/** Signature version 4 in the header; presigned URLs aren't taken. */
export function checkAuthorization(request: S3Request, rules: AuthorizationRules): void {
  const authorization = header(request, "authorization");
  if (authorization === undefined) {
    if (request.query.has("X-Amz-Signature")) {
      throw new S3Error("NotImplemented", "Presigned URLs are not implemented.");
    }
    throw new S3Error("AccessDenied", "Access Denied");
  }
  const signature = parseSignatureV4(authorization);
  if (signature === null) throw malformedHeader("it is not a signature of version 4");
  if (signature.service !== "s3") {
    throw malformedHeader(
      `incorrect service "${signature.service}". This endpoint belongs to "s3"`,
    );
  }
  if (signature.region !== rules.region) {
    throw malformedHeader(
      `the region '${signature.region}' is wrong; expecting '${rules.region}'`,
      rules.region,
    );
  }
  const payloadHash = header(request, "x-amz-content-sha256");
  if (payloadHash === undefined) {
    throw new S3Error(
      "InvalidRequest",
      "Missing required header for this request: x-amz-content-sha256",
    );
  }
  checkDate(request, signature.date, rules.now());
  checkSignedHeaders(request, signature.signedHeaders);
  if (rules.credentials === null) return;
  const known = rules.credentials.find((one) => one.accessKeyId === signature.accessKeyId);
  if (known === undefined) {
    throw new S3Error(
      "InvalidAccessKeyId",
      "The AWS Access Key Id you provided does not exist in our records.",
      { AWSAccessKeyId: signature.accessKeyId },
    );
  }
  const sent = {
    method: request.method,
    path: request.rawPath,
    query: request.rawQuery,
    headers: joinedHeaders(request),
  };
  const { secretAccessKey } = known;
  if (
    computeSignatureV4(sent, signature, { secretAccessKey, payloadHash }) !== signature.signature
  ) {
    throw new S3Error(
      "SignatureDoesNotMatch",
      "The request signature we calculated does not match the signature you provided. Check your key and signing method.",
      { AWSAccessKeyId: signature.accessKeyId, SignatureProvided: signature.signature },
    );
  }
}

function checkDate(request: S3Request, scopeDate: string, now: number): void {
  const text = header(request, "x-amz-date") ?? "";
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (match === null) {
    throw new S3Error(
      "AccessDenied",
      "AWS authentication requires a valid Date or x-amz-date header",
    );
  }
  const [, year, month, day, hour, minute, second] = match;
  if (`${year}${month}${day}` !== scopeDate)
    throw malformedHeader("its date is not that of x-amz-date");
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Math.abs(now - at) > MAX_SKEW_MILLISECONDS) {
    throw new S3Error(
      "RequestTimeTooSkewed",
      "The difference between the request time and the current time is too large.",
      { RequestTime: text, ServerTime: new Date(now).toISOString() },
    );
  }
}

function checkSignedHeaders(request: S3Request, signed: readonly string[]): void {
  for (const name of Object.keys(request.message.headers)) {
    if ((name === "host" || name.startsWith("x-amz-")) && !signed.includes(name)) {
      throw new S3Error(
        "AccessDenied",
        "There were headers present in the request which were not signed",
        { HeadersNotSigned: name },
      );
    }
  }
}

function joinedHeaders(request: S3Request): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.keys(request.message.headers).map((name) => [name, header(request, name)]),
  );
}

function malformedHeader(why: string, region?: string): S3Error {
  return new S3Error(
    "AuthorizationHeaderMalformed",
    `The authorization header is malformed; ${why}.`,
    region === undefined ? {} : { Region: region },
  );
}
