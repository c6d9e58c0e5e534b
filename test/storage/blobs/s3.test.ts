import { startTestS3 } from "../../support/s3.ts";
import { describeBlobs } from "./blobs.contract.ts";
import { createS3Bed } from "./s3.bed.ts";

describeBlobs("S3 (our emulator)", async () => createS3Bed(await startTestS3()));
