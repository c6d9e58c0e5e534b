import { MAX_PARTS, MIN_PART_BYTES } from "./limits.ts";
import { S3Error } from "./s3-error.ts";
import type { MultipartUpload, StoredPart } from "./state.ts";
import { childText, malformed, parseXml, type XmlNode } from "./xml.ts";

/** The parts that a CompleteMultipartUpload names, in order, checked against those that are there. */
export function readCompletion(text: string, upload: MultipartUpload): readonly StoredPart[] {
  const root = parseXml(text);
  const nodes = root.children.filter((child) => child.name === "Part");
  if (
    root.name !== "CompleteMultipartUpload" ||
    nodes.length === 0 ||
    nodes.length > MAX_PARTS ||
    nodes.length !== root.children.length
  ) {
    throw malformed();
  }
  const parts = nodes.map((node) => findPart(node, upload));
  let before = 0;
  for (const [index, part] of parts.entries()) {
    if (part.number <= before) {
      throw new S3Error(
        "InvalidPartOrder",
        "The list of parts was not in ascending order. Parts must be ordered by part number.",
        { UploadId: upload.id },
      );
    }
    before = part.number;
    if (part.body.bytes < MIN_PART_BYTES && index < parts.length - 1) {
      throw new S3Error(
        "EntityTooSmall",
        "Your proposed upload is smaller than the minimum allowed size",
        {
          ProposedSize: String(part.body.bytes),
          MinSizeAllowed: String(MIN_PART_BYTES),
          PartNumber: String(part.number),
          ETag: part.etag,
        },
      );
    }
  }
  return parts;
}

function findPart(node: XmlNode, upload: MultipartUpload): StoredPart {
  const number = childText(node, "PartNumber") ?? "";
  const etag = childText(node, "ETag");
  if (!/^\d{1,5}$/.test(number) || etag === null) throw malformed();
  const part = upload.parts.get(Number(number));
  if (part === undefined || part.etag !== etag.trim().replace(/^"|"$/g, "")) {
    throw invalidPart(upload, number);
  }
  if (upload.algorithm !== null) {
    const checksum = childText(node, `Checksum${upload.algorithm}`);
    if (checksum === null) {
      throw new S3Error(
        "InvalidRequest",
        `The upload was created using a ${upload.algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
      );
    }
    if (checksum !== part.checksum?.value) throw invalidPart(upload, number);
  }
  return part;
}

function invalidPart(upload: MultipartUpload, number: string): S3Error {
  return new S3Error(
    "InvalidPart",
    "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
    { UploadId: upload.id, PartNumber: number },
  );
}
