import { createHash, type Hash } from "node:crypto";
import { crc32 } from "node:zlib";
import { header, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";

export type ChecksumAlgorithm = "CRC32" | "SHA1" | "SHA256";

/** In base64, as S3's headers have it. */
export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  readonly value: string;
}

export interface RunningChecksum {
  update(chunk: Uint8Array): void;
  digest(): string;
}

const LENGTHS: Readonly<Record<ChecksumAlgorithm, number>> = { CRC32: 4, SHA1: 20, SHA256: 32 };
const HEADER = "x-amz-checksum-";
/** Headers that begin like a checksum and aren't one. */
const OTHERS = new Set(["algorithm", "mode", "type"]);

export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return HEADER + algorithm.toLowerCase();
}

export function parseChecksumAlgorithm(text: string): ChecksumAlgorithm {
  const algorithm = text.toUpperCase();
  if (algorithm === "CRC32" || algorithm === "SHA1" || algorithm === "SHA256") return algorithm;
  throw new S3Error("NotImplemented", `The checksum algorithm ${algorithm} is not implemented.`);
}

/** What the request's headers say of its body; null if they say nothing. */
export function declaredChecksum(request: S3Request): Checksum | null {
  const names = Object.keys(request.message.headers).filter(
    (name) => name.startsWith(HEADER) && !OTHERS.has(name.slice(HEADER.length)),
  );
  const [name, second] = names;
  if (name === undefined) return null;
  if (second !== undefined) {
    throw new S3Error(
      "InvalidRequest",
      "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.",
    );
  }
  const checksum = {
    algorithm: parseChecksumAlgorithm(name.slice(HEADER.length)),
    value: header(request, name) ?? "",
  };
  const named = header(request, "x-amz-sdk-checksum-algorithm");
  if (named !== undefined && named.toUpperCase() !== checksum.algorithm) {
    throw new S3Error(
      "InvalidRequest",
      "Value for x-amz-sdk-checksum-algorithm header is invalid.",
    );
  }
  checkShape(checksum);
  return checksum;
}

/** The algorithm of the checksum that comes after the body; null if none is announced. */
export function announcedTrailer(request: S3Request): ChecksumAlgorithm | null {
  const name = header(request, "x-amz-trailer");
  if (name === undefined) return null;
  if (!name.startsWith(HEADER)) {
    throw new S3Error(
      "InvalidRequest",
      "The value specified in the x-amz-trailer header is not supported",
    );
  }
  return parseChecksumAlgorithm(name.slice(HEADER.length));
}

export function checkShape({ algorithm, value }: Checksum): void {
  const bytes = Buffer.from(value, "base64");
  if (bytes.length === LENGTHS[algorithm] && bytes.toString("base64") === value) return;
  throw new S3Error("InvalidRequest", `Value for ${checksumHeader(algorithm)} header is invalid.`);
}

export function startChecksum(algorithm: ChecksumAlgorithm): RunningChecksum {
  if (algorithm !== "CRC32") {
    const hash: Hash = createHash(algorithm.toLowerCase());
    return {
      update: (chunk) => {
        hash.update(chunk);
      },
      digest: () => hash.digest("base64"),
    };
  }
  let value = 0;
  return {
    update: (chunk) => {
      value = crc32(chunk, value);
    },
    digest: () => {
      const bytes = Buffer.alloc(4);
      bytes.writeUInt32BE(value);
      return bytes.toString("base64");
    },
  };
}

/** The checksum of the parts' checksums, and how many there are: what S3 calls COMPOSITE. */
export function compositeChecksum(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  const running = startChecksum(algorithm);
  for (const part of parts) running.update(Buffer.from(part, "base64"));
  return `${running.digest()}-${parts.length}`;
}
