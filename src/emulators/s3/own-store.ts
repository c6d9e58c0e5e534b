import { createHash, randomUUID } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { ObjectStore } from "../object-store.ts";
import { S3Error } from "./s3-error.ts";
import { compareKeys, findBucket, replaceObject, type S3State } from "./state.ts";
import { StoredBody } from "./stored-body.ts";

/** The buckets without HTTP, for emulators of services that work on them. */
export function createOwnStore(state: S3State): ObjectStore {
  return {
    list: async (bucket, prefix) =>
      [...findBucket(state, bucket).objects.values()]
        .filter(({ key }) => key.startsWith(prefix))
        .map(({ key, body }) => ({ key, bytes: body.bytes }))
        .sort((one, other) => compareKeys(one.key, other.key)),
    read: async function* read(bucket, key) {
      const object = findBucket(state, bucket).objects.get(key);
      if (object === undefined) {
        throw new S3Error("NoSuchKey", "The specified key does not exist.", { Key: key });
      }
      yield* object.body.read(0, object.body.bytes - 1);
    },
    write: async (name, key, content) => {
      const bucket = findBucket(state, name);
      const path = join(state.directory, randomUUID());
      const md5 = createHash("md5");
      let bytes = 0;
      const file = await open(path, "wx", 0o600);
      try {
        for await (const chunk of content.chunks()) {
          md5.update(chunk);
          bytes += chunk.length;
          await file.writeFile(chunk);
        }
      } finally {
        await file.close();
      }
      await replaceObject(bucket, {
        key,
        body: new StoredBody([{ path, bytes }]),
        etag: md5.digest("hex"),
        modifiedAt: state.now(),
        headers: {
          "content-type": content.contentType,
          "x-amz-server-side-encryption": "AES256",
        },
        checksum: null,
      });
    },
  };
}
