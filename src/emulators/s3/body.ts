import { createHash } from "node:crypto";
import { AwsChunkedDecoder } from "./aws-chunked.ts";
import type { Checksum } from "./checksums.ts";
import {
  announcedTrailer,
  checksumHeader,
  checkShape,
  declaredChecksum,
  startChecksum,
} from "./checksums.ts";
import { header, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";

export interface BodySummary {
  readonly bytes: number;
  readonly md5: Buffer;
  /** The one that the client sent, found to be right. */
  readonly checksum: Checksum | null;
}

type Write = (chunk: Buffer) => Promise<void> | void;

const UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER";

/** Hands the decoded body to `write`, and checks it against all that the headers and trailers say of it. */
export async function readBody(
  request: S3Request,
  maxBytes: number,
  write: Write,
): Promise<BodySummary> {
  const payloadHash = header(request, "x-amz-content-sha256") ?? "";
  const isChunked = payloadHash.startsWith("STREAMING-");
  if (isChunked && payloadHash !== UNSIGNED_TRAILER) {
    throw new S3Error("NotImplemented", `Bodies as ${payloadHash} are not implemented.`);
  }
  const expected = expectedLength(request, isChunked);
  if (expected > maxBytes) {
    throw new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size", {
      ProposedSize: String(expected),
      MaxSizeAllowed: String(maxBytes),
    });
  }
  const contentMd5 = declaredMd5(request);
  const declared = declaredChecksum(request);
  const trailer = isChunked ? announcedTrailer(request) : null;
  const algorithm = declared?.algorithm ?? trailer;
  const running = algorithm === null ? null : startChecksum(algorithm);
  const md5 = createHash("md5");
  const sha256 = /^[0-9a-f]{64}$/.test(payloadHash) ? createHash("sha256") : null;
  const decoder = isChunked ? new AwsChunkedDecoder() : null;
  let bytes = 0;

  for await (const piece of pieces(request)) {
    for (const chunk of decoder === null ? [piece] : decoder.push(piece)) {
      bytes += chunk.length;
      if (bytes > expected) throw incomplete(expected, bytes);
      md5.update(chunk);
      sha256?.update(chunk);
      running?.update(chunk);
      await write(chunk);
    }
  }
  decoder?.end();
  if (bytes !== expected) throw incomplete(expected, bytes);
  const digest = md5.digest();
  if (contentMd5 !== null && !contentMd5.equals(digest)) {
    throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.");
  }
  if (sha256 !== null && sha256.digest("hex") !== payloadHash) {
    throw new S3Error(
      "XAmzContentSHA256Mismatch",
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
      { ClientComputedContentSHA256: payloadHash },
    );
  }
  if (algorithm === null || running === null) return { bytes, md5: digest, checksum: null };
  const value = declared?.value ?? decoder?.trailers.get(checksumHeader(algorithm));
  if (value === undefined) {
    throw new S3Error("InvalidRequest", "The announced trailing checksum is missing.");
  }
  checkShape({ algorithm, value });
  if (value !== running.digest()) {
    throw new S3Error(
      "BadDigest",
      `The ${algorithm} you specified did not match the calculated checksum.`,
    );
  }
  return { bytes, md5: digest, checksum: { algorithm, value } };
}

/** A small body as text. */
export async function readText(
  request: S3Request,
  maxBytes: number,
): Promise<BodySummary & { readonly text: string }> {
  const chunks: Buffer[] = [];
  const summary = await readBody(request, maxBytes, (chunk) => {
    chunks.push(chunk);
  });
  return { ...summary, text: Buffer.concat(chunks).toString("utf8") };
}

async function* pieces(request: S3Request): AsyncGenerator<Buffer> {
  // An error is answered on the same connection, so that it must outlive this loop.
  for await (const piece of request.message.iterator({ destroyOnReturn: false })) {
    if (Buffer.isBuffer(piece)) yield piece;
  }
}

function expectedLength(request: S3Request, isChunked: boolean): number {
  const name = isChunked ? "x-amz-decoded-content-length" : "content-length";
  const text = header(request, name) ?? "";
  if (!/^\d{1,15}$/.test(text)) {
    throw new S3Error("MissingContentLength", "You must provide the Content-Length HTTP header.");
  }
  return Number(text);
}

function declaredMd5(request: S3Request): Buffer | null {
  const text = header(request, "content-md5");
  if (text === undefined) return null;
  const digest = Buffer.from(text, "base64");
  if (digest.length === 16 && digest.toString("base64") === text) return digest;
  throw new S3Error("InvalidDigest", "The Content-MD5 you specified was invalid");
}

function incomplete(expected: number, received: number): S3Error {
  return new S3Error(
    "IncompleteBody",
    "You did not provide the number of bytes specified by the Content-Length HTTP header",
    { NumberBytesExpected: String(expected), NumberBytesProvided: String(received) },
  );
}
