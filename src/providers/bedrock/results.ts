import type { Counts, Usage } from "../../core/batch.ts";
import type { ResultPart } from "../../core/provider.ts";
import { parseS3Uri, toS3Uri } from "../../core/s3-uri.ts";
import { destroyOnAbort } from "../../lib/destroy-on-abort.ts";
import type { Bucket } from "./bucket.ts";
import { toCounts, toUsage } from "./report.ts";
import { wireManifest } from "./wire.ts";

/** A manifest is a few hundred bytes. */
const MAX_MANIFEST_BYTES = 64 * 1024;

export interface JobOutput {
  /** S3 URIs of the results: one for each file of the input. */
  readonly files: readonly string[];
  /** By the manifest, which not every job has. */
  readonly counts: Counts | null;
  readonly usage: Usage | null;
}

interface OutputOf {
  readonly openBucket: (name: string) => Promise<Bucket>;
  /** The output location of the job, and the job's ARN or id. */
  readonly output: string;
  readonly jobId: string;
}

/** What a job has left: `{output}/{job id}/**.jsonl.out` and a manifest. */
export async function readOutput(of: OutputOf, signal: AbortSignal): Promise<JobOutput> {
  const { bucket, keys } = await listOutput(of, signal);
  const manifestKey = keys.find((key) => key.endsWith("/manifest.json.out"));
  const manifest =
    manifestKey === undefined ? null : await readManifest(bucket, manifestKey, signal);
  return {
    files: keys.filter(isResult).map((path) => toS3Uri({ bucket: bucket.name, path })),
    counts: manifest === null ? null : toCounts(manifest),
    usage: manifest === null ? null : toUsage(manifest),
  };
}

export async function* collectResults(
  of: OutputOf,
  signal: AbortSignal,
): AsyncGenerator<ResultPart> {
  const { bucket, keys } = await listOutput(of, signal);
  for (const path of keys.filter(isResult)) {
    const open = async (opened: AbortSignal) =>
      destroyOnAbort(await bucket.objects.open(path, opened), opened);
    yield { role: "output", nativeId: toS3Uri({ bucket: bucket.name, path }), open };
  }
}

async function listOutput({ openBucket, output, jobId }: OutputOf, signal: AbortSignal) {
  const location = parseS3Uri(output);
  const bucket = await openBucket(location.bucket);
  // Of the ARN `arn:…:model-invocation-job/abcdefghijkl` the last segment.
  const folder = jobId.split("/").at(-1) ?? jobId;
  const prefix = location.path === "" ? `${folder}/` : `${location.path}/${folder}/`;
  const keys: string[] = [];
  for await (const { key } of bucket.objects.list(prefix, signal)) keys.push(key);
  return { bucket, keys };
}

function isResult(key: string): boolean {
  return key.endsWith(".jsonl.out");
}

async function readManifest(bucket: Bucket, key: string, signal: AbortSignal) {
  const found = await bucket.objects.stat(key, signal);
  if (found === null || found.bytes > MAX_MANIFEST_BYTES) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of destroyOnAbort(await bucket.objects.open(key, signal), signal)) {
    if (Buffer.isBuffer(chunk)) chunks.push(chunk);
  }
  try {
    return wireManifest.parse(JSON.parse(Buffer.concat(chunks).toString("utf8")));
  } catch {
    return null;
  }
}
