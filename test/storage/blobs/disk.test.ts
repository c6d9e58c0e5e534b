import { describeBlobs } from "./blobs.contract.ts";
import { createDiskBed } from "./disk.bed.ts";

describeBlobs("disk", createDiskBed);
