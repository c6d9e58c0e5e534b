import { z } from "zod";
import type { Control } from "../control.ts";
import { command, type Command } from "../control-routes.ts";
import type { ObjectStore } from "../object-store.ts";
import { createOwnStore } from "./own-store.ts";
import { findBucket, type S3State } from "./state.ts";

/** What a test sees and steers of the bucket store, beside what every emulator has. */
export interface S3Control extends Control {
  /** The next so many completions of multipart uploads answer 200 with an error in the body. */
  readonly failCompletions: (times: number) => void;
  readonly objects: (bucket: string) => readonly ObjectSummary[];
  /** Multipart uploads that were neither completed nor aborted. */
  readonly uploads: (bucket: string) => readonly UploadSummary[];
  /** The buckets for other emulators of this process; not over HTTP. */
  readonly store: ObjectStore;
}

interface ObjectSummary {
  readonly key: string;
  readonly bytes: number;
  readonly contentType: string;
}

interface UploadSummary {
  readonly key: string;
  readonly uploadId: string;
  readonly parts: number;
  readonly bytes: number;
}

type Own = Omit<S3Control, keyof Control>;

export function createOwnControl(state: S3State): Own {
  return {
    failCompletions: (times) => {
      state.failingCompletions = times;
    },
    objects: (bucket) =>
      [...findBucket(state, bucket).objects.values()].map(({ key, body, headers }) => ({
        key,
        bytes: body.bytes,
        contentType: headers["content-type"] ?? "",
      })),
    uploads: (bucket) =>
      [...findBucket(state, bucket).uploads.values()].map(({ key, id, parts }) => ({
        key,
        uploadId: id,
        parts: parts.size,
        bytes: [...parts.values()].reduce((sum, part) => sum + part.body.bytes, 0),
      })),
    store: createOwnStore(state),
  };
}

export function ownCommands(own: Own): Readonly<Record<string, Command>> {
  const name = z.tuple([z.string()]);
  return {
    failCompletions: command(z.tuple([z.int().nonnegative()]), own.failCompletions),
    objects: command(name, own.objects),
    uploads: command(name, own.uploads),
  };
}
