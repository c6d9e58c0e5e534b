import { emptyAnswer, xmlAnswer, type Answer } from "./answer.ts";
import { readText } from "./body.ts";
import { MAX_PAGE, MAX_XML_BYTES } from "./limits.ts";
import { header, type S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { addBucket, findBucket, removeObject, type S3State } from "./state.ts";
import { childText, malformed, parseXml, type XmlElement } from "./xml.ts";

export async function createBucket(state: S3State, request: S3Request): Promise<Answer> {
  const { text } = await readText(request, MAX_XML_BYTES);
  if (text !== "") {
    const root = parseXml(text);
    if (root.name !== "CreateBucketConfiguration") throw malformed();
    const region = childText(root, "LocationConstraint") ?? state.region;
    if (region !== state.region) {
      throw new S3Error("InvalidRequest", `Buckets can be made only in ${state.region} here.`);
    }
  }
  addBucket(state, request.bucket);
  return emptyAnswer(200, { location: `/${request.bucket}` });
}

export function headBucket(state: S3State, request: S3Request): Answer {
  findBucket(state, request.bucket);
  return emptyAnswer(200, { "x-amz-bucket-region": state.region });
}

/** Says nothing of keys that weren't there: they are gone all the same. */
export async function deleteObjects(state: S3State, request: S3Request): Promise<Answer> {
  const bucket = findBucket(state, request.bucket);
  const { text, checksum } = await readText(request, MAX_XML_BYTES);
  if (checksum === null && header(request, "content-md5") === undefined) {
    throw new S3Error("InvalidRequest", "Missing required header for this request: Content-MD5");
  }
  const root = parseXml(text);
  const entries = root.children.filter((child) => child.name === "Object");
  if (root.name !== "Delete" || entries.length === 0 || entries.length > MAX_PAGE) {
    throw malformed();
  }
  const isQuiet = childText(root, "Quiet") === "true";
  const deleted: XmlElement[] = [];
  for (const entry of entries) {
    const key = childText(entry, "Key");
    if (key === null || key === "") throw malformed();
    await removeObject(bucket, key);
    if (!isQuiet) deleted.push(["Deleted", [["Key", key]]]);
  }
  return xmlAnswer("DeleteResult", deleted);
}
