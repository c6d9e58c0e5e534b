import { createS3Objects, type S3Objects } from "../../s3/objects.ts";
import { createS3Uploads, type S3Uploads } from "../../s3/uploads.ts";
import type { Aws } from "./aws.ts";
import { createS3Errors } from "./s3-errors.ts";

const CALL_MILLISECONDS = 120_000;

export interface Bucket {
  readonly name: string;
  readonly objects: S3Objects;
  readonly uploads: S3Uploads;
}

export async function openBucket(aws: Aws, name: string, region: string): Promise<Bucket> {
  const { sdk, client } = await aws.s3(region);
  const target = {
    sdk,
    client,
    bucket: name,
    timeoutMilliseconds: CALL_MILLISECONDS,
    errors: createS3Errors(name, region),
  };
  return { name, objects: createS3Objects(target), uploads: createS3Uploads(target) };
}
