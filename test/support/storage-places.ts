import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestDatabase } from "./postgres.ts";
import { S3_BUCKET, S3_CREDENTIALS, S3_REGION } from "./s3.ts";

export interface StoragePair {
  readonly database: "SQLite" | "PostgreSQL";
  readonly blobs: "disk" | "S3";
}

/** Storage of one gateway that is empty, as the environment of its processes. */
export interface StoragePlace extends AsyncDisposable {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

let places = 0;

/** Throws without PostgreSQL, if that is wanted. `s3` is the address of a store with the bucket of tests. */
export async function createStoragePlace(pair: StoragePair, s3: string): Promise<StoragePlace> {
  const directory = await mkdtemp(join(tmpdir(), "crossbatch-place-"));
  const database = pair.database === "PostgreSQL" ? await createTestDatabase() : null;
  if (pair.database === "PostgreSQL" && database === null) throw new Error("no PostgreSQL");
  places += 1;
  return {
    directory,
    environment: {
      CROSSBATCH_DATA_DIR: join(directory, "data"),
      ...(database === null ? {} : { CROSSBATCH_DATABASE_URL: database.url }),
      ...(pair.blobs === "S3"
        ? {
            CROSSBATCH_BLOBS_URL: `s3://${S3_BUCKET}/place-${places}`,
            AWS_ENDPOINT_URL_S3: s3,
            AWS_REGION: S3_REGION,
            AWS_ACCESS_KEY_ID: S3_CREDENTIALS.accessKeyId,
            AWS_SECRET_ACCESS_KEY: S3_CREDENTIALS.secretAccessKey,
          }
        : {}),
    },
    async [Symbol.asyncDispose]() {
      await database?.drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
