import { join } from "node:path";
import type { BlobStore } from "../../src/core/blobs.ts";
import type { Part } from "../../src/core/batch.ts";
import type { Database } from "../../src/core/storage.ts";
import { createDiskBlobs } from "../../src/storage/blobs/disk.ts";
import { createS3Blobs } from "../../src/storage/blobs/s3.ts";
import { openPostgres, openSqlite } from "../../src/storage/database/connection.ts";
import { openDatabase } from "../../src/storage/database/database.ts";
import type { Fleet } from "./fleet.ts";

export interface Stores extends AsyncDisposable {
  readonly database: Database;
  readonly blobs: BlobStore;
}

/** What a fleet keeps, beside it. */
export async function openStores({ environment }: Fleet): Promise<Stores> {
  const data = environment["CROSSBATCH_DATA_DIR"] ?? "";
  const url = environment["CROSSBATCH_DATABASE_URL"];
  const blobsUrl = environment["CROSSBATCH_BLOBS_URL"];
  process.env["AWS_ACCESS_KEY_ID"] ??= environment["AWS_ACCESS_KEY_ID"];
  process.env["AWS_SECRET_ACCESS_KEY"] ??= environment["AWS_SECRET_ACCESS_KEY"];
  const connection =
    url === undefined
      ? await openSqlite(join(data, "crossbatch.sqlite"), { exclusive: false })
      : await openPostgres(url);
  const database = await openDatabase(connection);
  const blobs =
    blobsUrl === undefined
      ? await createDiskBlobs({ directory: join(data, "blobs") })
      : await createS3Blobs({
          url: blobsUrl,
          endpoint: environment["AWS_ENDPOINT_URL_S3"] ?? "",
          region: "us-east-1",
          pathStyle: true,
          checksums: "when_required",
        });
  return {
    database,
    blobs,
    async [Symbol.asyncDispose]() {
      await blobs.close();
      await database.close();
    },
  };
}

/** Every Part of every batch that clients made. */
export async function allParts(database: Database): Promise<readonly Part[]> {
  const parts: Part[] = [];
  let after: { readonly createdAt: number; readonly id: string } | null = null;
  for (;;) {
    const batches: Awaited<ReturnType<Database["batches"]["list"]>> = await database.batches.list({
      owners: "every",
      order: "asc",
      limit: 200,
      ...(after === null ? {} : { after }),
    });
    for (const { id, origin } of batches) {
      if (origin === "client") parts.push(...(await database.batches.parts(id)));
    }
    const last = batches.at(-1);
    if (last === undefined) return parts;
    after = { createdAt: last.times.createdAt, id: last.id };
  }
}
