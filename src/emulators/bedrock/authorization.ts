import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { SignatureV4 } from "../../lib/signature-v4.ts";
import { computeSignatureV4, parseSignatureV4 } from "../../lib/signature-v4.ts";
import { BedrockError } from "./bedrock-error.ts";

/** A pair of keys that signs, or a Bedrock API key. */
export type Credentials =
  | { readonly accessKeyId: string; readonly secretAccessKey: string }
  | { readonly bearerToken: string };

export interface AuthorizationRules {
  readonly region: string;
  /** Null: any is known, and only the shape of a signature is checked. */
  readonly credentials: readonly Credentials[] | null;
  readonly now: () => number;
}

/** The second is its name in HTTP/2. */
const HOSTS = new Set(["host", ":authority"]);
const MAX_SKEW_MILLISECONDS = 5 * 60 * 1_000;

/** Signature version 4 in the header, or `Bearer` with an API key. */
export function checkAuthorization(
  request: IncomingMessage,
  body: Buffer,
  rules: AuthorizationRules,
): void {
  const { authorization } = request.headers;
  if (authorization === undefined) {
    throw new BedrockError("MissingAuthenticationTokenException", "Missing Authentication Token");
  }
  const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) checkSignature(request, { authorization, body }, rules);
  else checkToken(token, rules);
}

function checkToken(token: string, { credentials }: AuthorizationRules): void {
  if (credentials === null) return;
  if (credentials.some((one) => "bearerToken" in one && isSame(one.bearerToken, token))) return;
  throw new BedrockError(
    "AccessDeniedException",
    "Authentication failed: Please make sure your API Key is valid.",
  );
}

function isSame(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}

interface Signed {
  readonly authorization: string;
  readonly body: Buffer;
}

function checkSignature(request: IncomingMessage, signed: Signed, rules: AuthorizationRules): void {
  const signature = parseSignatureV4(signed.authorization);
  if (signature === null) {
    throw new BedrockError(
      "IncompleteSignatureException",
      "Authorization header requires 'Credential', 'SignedHeaders' and 'Signature' parameters, and existence of either a 'X-Amz-Date' or a 'Date' header.",
    );
  }
  checkScope(signature, rules.region);
  checkDate(request, signature.date, rules.now());
  const payloadHash = createHash("sha256").update(signed.body).digest("hex");
  const announced = request.headers["x-amz-content-sha256"];
  if (announced !== undefined && announced !== payloadHash) throw mismatch();
  for (const name of Object.keys(request.headers)) {
    const mustBeSigned = HOSTS.has(name) || name.startsWith("x-amz-");
    if (mustBeSigned && !signature.signedHeaders.includes(name)) {
      throw new BedrockError("InvalidSignatureException", `'${name}' must be a signed header.`);
    }
  }
  if (rules.credentials === null) return;
  const { accessKeyId } = signature;
  const known = rules.credentials.find(
    (one) => "accessKeyId" in one && one.accessKeyId === accessKeyId,
  );
  if (known === undefined || !("secretAccessKey" in known)) {
    throw new BedrockError(
      "UnrecognizedClientException",
      "The security token included in the request is invalid.",
    );
  }
  const { secretAccessKey } = known;
  const expected = computeSignatureV4(sentRequest(request), signature, {
    secretAccessKey,
    payloadHash,
  });
  if (expected !== signature.signature) throw mismatch();
}

function checkScope({ region, service }: SignatureV4, ownRegion: string): void {
  if (service !== "bedrock") {
    throw new BedrockError(
      "InvalidSignatureException",
      "Credential should be scoped to correct service: 'bedrock'.",
    );
  }
  if (region === ownRegion) return;
  throw new BedrockError(
    "InvalidSignatureException",
    "Credential should be scoped to a valid region.",
  );
}

function checkDate(request: IncomingMessage, scopeDate: string, now: number): void {
  const header = request.headers["x-amz-date"];
  const text = typeof header === "string" ? header : "";
  const [, year, month, day, time, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text) ?? [];
  const at = Date.parse(`${year}-${month}-${day}T${time}:${minute}:${second}Z`);
  if (Number.isNaN(at) || `${year}${month}${day}` !== scopeDate) {
    throw new BedrockError(
      "InvalidSignatureException",
      "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP.",
    );
  }
  if (Math.abs(now - at) <= MAX_SKEW_MILLISECONDS) return;
  const shown = new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
  throw new BedrockError(
    "InvalidSignatureException",
    at < now
      ? `Signature expired: ${text} is now earlier than ${shown} - 5 min.`
      : `Signature not yet current: ${text} is still later than ${shown} + 5 min.`,
  );
}

function sentRequest(request: IncomingMessage) {
  const url = request.url ?? "/";
  const mark = url.indexOf("?");
  const headers = Object.entries(request.headers).map(
    ([name, value]) => [name, typeof value === "string" ? value : value?.join(",")] as const,
  );
  return {
    method: request.method ?? "",
    path: mark === -1 ? url : url.slice(0, mark),
    query: mark === -1 ? "" : url.slice(mark + 1),
    headers: Object.fromEntries(headers),
  };
}

function mismatch(): BedrockError {
  return new BedrockError(
    "InvalidSignatureException",
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.",
  );
}
