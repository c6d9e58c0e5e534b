import { CreateMultipartUploadCommand, ListMultipartUploadsCommand } from "@aws-sdk/client-s3";
import type { S3BlobsOptions } from "../../../src/storage/blobs/s3.ts";
import { createTestClient, createTestS3Blobs, S3_BUCKET, type TestS3 } from "../../support/s3.ts";
import type { BlobBed } from "./blobs.contract.ts";

/** The store below a prefix of a server's bucket; the server ends with it. */
export async function createS3Bed(
  server: TestS3,
  options: Partial<S3BlobsOptions> = {},
): Promise<BlobBed> {
  const store = await createTestS3Blobs(server.endpoint, options);
  const client = createTestClient(server.endpoint);
  return {
    store,
    async unfinished() {
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket: S3_BUCKET }));
      return (page.Uploads ?? []).map(({ Key }) => Key ?? "").filter((key) => !isForeign(key));
    },
    async leaveUnfinished() {
      for (const key of ["blobs/of-test/dead", FOREIGN]) {
        await client.send(new CreateMultipartUploadCommand({ Bucket: S3_BUCKET, Key: key }));
      }
    },
    // moto tells 2010 of every upload.
    beforeAnyPut: server.emulator === undefined ? Date.UTC(2010, 0, 1) : Date.now() - 3_600_000,
    async [Symbol.asyncDispose]() {
      await store.close();
      client.destroy();
      await server[Symbol.asyncDispose]();
    },
  };
}

/** Someone else's, beside our prefix: it shows that the sweep stays below ours. */
const FOREIGN = "blobs/of-testers/alive";

function isForeign(key: string): boolean {
  return key === FOREIGN;
}
