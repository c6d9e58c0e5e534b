import { createHash, createHmac } from "node:crypto";

/** A request as it went over the wire: path and query raw, header names in lower case. */
export interface SentRequest {
  readonly method: string;
  readonly path: string;
  /** Without the question mark. */
  readonly query: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** What an `AWS4-HMAC-SHA256` authorization header says. */
export interface SignatureV4 {
  readonly accessKeyId: string;
  /** `yyyymmdd` */
  readonly date: string;
  readonly region: string;
  readonly service: string;
  /** Lower case, in the order given; over HTTP/2 with `:authority` for the host. */
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 +Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, *SignedHeaders=([a-z0-9:;-]+), *Signature=([0-9a-f]{64})$/;

/** Null if the header has another shape. */
export function parseSignatureV4(header: string): SignatureV4 | null {
  const match = AUTHORIZATION.exec(header);
  if (match === null) return null;
  const [, accessKeyId = "", date = "", region = "", service = "", headers = "", signature = ""] =
    match;
  return { accessKeyId, date, region, service, signedHeaders: headers.split(";"), signature };
}

/**
 * The signature that a request should carry, in hex. Of `scope` only the credential's scope and the signed headers are read.
 * `payloadHash` is what the signer hashed the body to: `x-amz-content-sha256` where that header is sent.
 */
export function computeSignatureV4(
  request: SentRequest,
  scope: Omit<SignatureV4, "signature" | "accessKeyId">,
  secrets: { readonly secretAccessKey: string; readonly payloadHash: string },
): string {
  const canonical = [
    request.method,
    canonicalPath(request.path, scope.service),
    canonicalQuery(request.query),
    ...scope.signedHeaders.map(
      (name) => `${name}:${(request.headers[name] ?? "").trim().replace(/ +/g, " ")}`,
    ),
    "",
    scope.signedHeaders.join(";"),
    secrets.payloadHash,
  ].join("\n");
  const toSign = [
    "AWS4-HMAC-SHA256",
    request.headers["x-amz-date"] ?? "",
    `${scope.date}/${scope.region}/${scope.service}/aws4_request`,
    createHash("sha256").update(canonical).digest("hex"),
  ].join("\n");
  let key: Buffer = Buffer.from(`AWS4${secrets.secretAccessKey}`);
  for (const part of [scope.date, scope.region, scope.service, "aws4_request"]) {
    key = createHmac("sha256", key).update(part).digest();
  }
  return createHmac("sha256", key).update(toSign).digest("hex");
}

/** S3 signs each segment encoded once; every other service encodes the path as sent once more. */
function canonicalPath(path: string, service: string): string {
  const segments = path.split("/");
  return segments
    .map((segment) => encode(service === "s3" ? decodeURIComponent(segment) : segment))
    .join("/");
}

function canonicalQuery(query: string): string {
  if (query === "") return "";
  const pairs = query.split("&").map((pair) => {
    const [name = "", ...value] = pair.split("=");
    return [encode(decodeURIComponent(name)), encode(decodeURIComponent(value.join("=")))] as const;
  });
  return pairs
    .sort((one, other) => compare(one[0], other[0]) || compare(one[1], other[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join("&");
}

function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** RFC 3986: all but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
