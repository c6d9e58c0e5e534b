import { describe } from "vitest";
import { canRunMoto, startMoto } from "../../support/s3.ts";
import { describeBlobs } from "./blobs.contract.ts";
import { createS3Bed } from "./s3.bed.ts";

describe.runIf(canRunMoto("blobs on moto's S3"))("with moto", () => {
  describeBlobs("S3 (moto)", async () => createS3Bed(await startMoto()));
});
