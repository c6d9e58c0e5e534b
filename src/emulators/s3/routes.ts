import type { Answer } from "./answer.ts";
import { createBucket, deleteObjects, headBucket } from "./buckets.ts";
import { listObjects } from "./listing.ts";
import {
  abortMultipartUpload,
  completeMultipartUpload,
  createMultipartUpload,
  uploadPart,
} from "./multipart.ts";
import { listMultipartUploads, listParts } from "./multipart-listing.ts";
import { deleteObject, getObject, putObject } from "./objects.ts";
import type { S3Request } from "./request.ts";
import { S3Error } from "./s3-error.ts";
import { checkBucketName, type S3State } from "./state.ts";

type Handler = (state: S3State, request: S3Request) => Answer | Promise<Answer>;

interface Route {
  readonly method: string;
  readonly on: "bucket" | "object";
  /** Parameters that must be there; the others of `SUBRESOURCES` must not. */
  readonly query: readonly string[];
  readonly handler: Handler;
}

/** The first that fits is taken. */
const ROUTES: readonly Route[] = [
  { method: "PUT", on: "bucket", query: [], handler: createBucket },
  { method: "HEAD", on: "bucket", query: [], handler: headBucket },
  { method: "GET", on: "bucket", query: ["list-type"], handler: listObjects },
  { method: "GET", on: "bucket", query: ["uploads"], handler: listMultipartUploads },
  { method: "POST", on: "bucket", query: ["delete"], handler: deleteObjects },
  { method: "PUT", on: "object", query: ["partNumber", "uploadId"], handler: uploadPart },
  { method: "PUT", on: "object", query: [], handler: putObject },
  { method: "GET", on: "object", query: ["uploadId"], handler: listParts },
  { method: "GET", on: "object", query: [], handler: getObject },
  { method: "HEAD", on: "object", query: [], handler: getObject },
  { method: "DELETE", on: "object", query: ["uploadId"], handler: abortMultipartUpload },
  { method: "DELETE", on: "object", query: [], handler: deleteObject },
  { method: "POST", on: "object", query: ["uploads"], handler: createMultipartUpload },
  { method: "POST", on: "object", query: ["uploadId"], handler: completeMultipartUpload },
];

/** Parameters that make another operation of a call: those that no route takes are not implemented. */
const SUBRESOURCES = new Set(
  "accelerate acl analytics attributes cors delete encryption intelligent-tiering inventory legal-hold lifecycle list-type location logging metrics notification object-lock ownershipControls partNumber policy policyStatus publicAccessBlock rename replication requestPayment restore retention select select-type session tagging torrent uploadId uploads versionId versioning versions website".split(
    " ",
  ),
);

export function findRoute(request: S3Request): Handler {
  if (request.bucket === "") throw notImplemented("Listing buckets");
  checkBucketName(request.bucket);
  const named = [...request.query.keys()].filter((name) => SUBRESOURCES.has(name));
  const on = request.key === "" ? "bucket" : "object";
  const route = ROUTES.find(
    (one) =>
      one.method === request.method &&
      one.on === on &&
      one.query.length === named.length &&
      one.query.every((name) => named.includes(name)),
  );
  if (route === undefined) {
    throw notImplemented(
      `${request.method} of a ${on} with ${named.join(", ") || "no parameters"}`,
    );
  }
  if (route.handler === listObjects && request.query.get("list-type") !== "2") {
    throw notImplemented("Another list than ListObjectsV2");
  }
  return route.handler;
}

function notImplemented(what: string): S3Error {
  return new S3Error(
    "NotImplemented",
    `A header or query you provided implies functionality that is not implemented. ${what} is none of it.`,
  );
}
