import { createHash, randomBytes } from "node:crypto";
import { emptyAnswer, errorXml, xmlAnswer, type Answer } from "./answer.ts";
import { readText } from "./body.ts";
import { checksumHeader, compositeChecksum, parseChecksumAlgorithm } from "./checksums.ts";
import { readCompletion } from "./completion.ts";
import { MAX_PART_BYTES, MAX_PARTS, MAX_XML_BYTES } from "./limits.ts";
import { headersToKeep } from "./object-headers.ts";
import { checkWriteCondition } from "./objects.ts";
import { header, queryNumber, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { findBucket, replaceObject, type MultipartUpload, type S3State } from "./state.ts";
import { storeBody, StoredBody } from "./stored-body.ts";

export function createMultipartUpload(state: S3State, request: S3Request): Answer {
  const bucket = findBucket(state, request.bucket);
  const named = header(request, "x-amz-checksum-algorithm");
  const algorithm = named === undefined ? null : parseChecksumAlgorithm(named);
  if (header(request, "x-amz-checksum-type") === "FULL_OBJECT") {
    throw new S3Error("NotImplemented", "Checksums over the full object are not implemented.");
  }
  const id = randomBytes(48).toString("base64url");
  const headers = headersToKeep(request);
  const startedAt = state.now();
  bucket.uploads.set(id, {
    id,
    key: request.key,
    startedAt,
    headers,
    algorithm,
    parts: new Map(),
  });
  const answer = xmlAnswer("InitiateMultipartUploadResult", [
    ["Bucket", bucket.name],
    ["Key", request.key],
    ["UploadId", id],
  ]);
  const checksums: Record<string, string> =
    algorithm === null
      ? {}
      : { "x-amz-checksum-algorithm": algorithm, "x-amz-checksum-type": "COMPOSITE" };
  return { ...answer, headers: { ...answer.headers, ...checksums } };
}

export async function uploadPart(state: S3State, request: S3Request): Promise<Answer> {
  const { upload } = findUpload(state, request);
  const number = queryNumber(request, "partNumber", { min: 1, max: MAX_PARTS, otherwise: 0 });
  if (number === 0 || header(request, "x-amz-copy-source") !== undefined) {
    throw new S3Error("InvalidRequest", "A part needs a number and a body.");
  }
  const { body, summary } = await storeBody(request, MAX_PART_BYTES, state.directory);
  try {
    findUpload(state, request);
    const algorithm = summary.checksum?.algorithm ?? null;
    if (upload.algorithm !== null && algorithm !== upload.algorithm) {
      throw new S3Error(
        "InvalidRequest",
        `Checksum Type mismatch occurred, expected checksum Type: ${upload.algorithm.toLowerCase()}, actual checksum Type: ${algorithm?.toLowerCase() ?? "null"}`,
      );
    }
  } catch (error) {
    await body.remove();
    throw error;
  }
  const etag = summary.md5.toString("hex");
  const before = upload.parts.get(number);
  const { checksum } = summary;
  upload.parts.set(number, { number, body, etag, modifiedAt: state.now(), checksum });
  await before?.body.remove();
  return emptyAnswer(200, {
    etag: `"${etag}"`,
    ...(checksum === null ? {} : { [checksumHeader(checksum.algorithm)]: checksum.value }),
  });
}

export async function completeMultipartUpload(state: S3State, request: S3Request): Promise<Answer> {
  const { text } = await readText(request, MAX_XML_BYTES);
  const { bucket, upload } = findUpload(state, request);
  checkWriteCondition(bucket, request);
  const parts = readCompletion(text, upload);
  if (state.failingCompletions > 0) {
    state.failingCompletions -= 1;
    const message = "We encountered an internal error. Please try again.";
    return {
      status: 200,
      headers: { "content-type": "application/xml" },
      body: errorXml("InternalError", message, {}),
    };
  }
  bucket.uploads.delete(upload.id);
  const used = new Set(parts.map((part) => part.body));
  const unused = [...upload.parts.values()].filter((part) => !used.has(part.body));
  await Promise.all(unused.map(async (part) => part.body.remove()));

  const digests = createHash("md5");
  for (const part of parts) digests.update(Buffer.from(part.etag, "hex"));
  const etag = `${digests.digest("hex")}-${parts.length}`;
  const { algorithm } = upload;
  const checksum =
    algorithm === null
      ? null
      : {
          algorithm,
          value: compositeChecksum(
            algorithm,
            parts.map((part) => part.checksum?.value ?? ""),
          ),
          type: "COMPOSITE" as const,
        };
  const body = StoredBody.join(parts.map((part) => part.body));
  const { key, headers } = upload;
  await replaceObject(bucket, { key, body, etag, modifiedAt: state.now(), headers, checksum });
  return xmlAnswer("CompleteMultipartUploadResult", [
    ["Location", `http://${header(request, "host") ?? ""}${request.rawPath}`],
    ["Bucket", bucket.name],
    ["Key", key],
    ["ETag", `"${etag}"`],
    [`Checksum${algorithm ?? "CRC32"}`, checksum?.value],
    ["ChecksumType", checksum?.type],
  ]);
}

export async function abortMultipartUpload(state: S3State, request: S3Request): Promise<Answer> {
  const { bucket, upload } = findUpload(state, request);
  bucket.uploads.delete(upload.id);
  await Promise.all([...upload.parts.values()].map(async (part) => part.body.remove()));
  return emptyAnswer(204);
}

export function findUpload(state: S3State, request: S3Request) {
  const bucket = findBucket(state, request.bucket);
  const id = request.query.get("uploadId") ?? "";
  const upload: MultipartUpload | undefined = bucket.uploads.get(id);
  if (upload === undefined || upload.key !== request.key) {
    throw new S3Error(
      "NoSuchUpload",
      "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
      { UploadId: id },
    );
  }
  return { bucket, upload };
}
