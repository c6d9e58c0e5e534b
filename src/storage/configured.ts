import { join } from "node:path";
import type { Config } from "../config/schema.ts";
import type { BlobStore } from "../core/blobs.ts";
import { createDiskBlobs } from "./blobs/disk.ts";
import { createS3Blobs } from "./blobs/s3.ts";
import {
  type Connection,
  openPostgres,
  openSqlite,
  type SqliteOptions,
} from "./database/connection.ts";

/** The database that the configuration names. */
export async function openConnection(config: Config, options: SqliteOptions): Promise<Connection> {
  return config.databaseUrl === null
    ? openSqlite(join(config.dataDir, "crossbatch.sqlite"), options)
    : openPostgres(config.databaseUrl);
}

/** The blob store that the configuration names. */
export async function openBlobs(config: Config): Promise<BlobStore> {
  return config.blobsUrl === null
    ? createDiskBlobs({ directory: join(config.dataDir, "blobs") })
    : createS3Blobs({ url: config.blobsUrl, ...config.s3 });
}
