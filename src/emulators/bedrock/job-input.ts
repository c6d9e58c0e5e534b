// https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-data.html

import { isUtf8 } from "node:buffer";
import { openSync } from "node:fs";
import { LineSplitter } from "../../lib/line-splitter.ts";
import { shuffled } from "../dice.ts";
import { isJsonObject, parseJson } from "../json.ts";
import type { ObjectStore, StoredKey } from "../object-store.ts";
import type { JobRecord, JobWork, S3Place } from "./job-record.ts";
import type { BedrockLimits } from "./limits.ts";
import type { Spool } from "./spool.ts";

export interface InputHost {
  readonly store: ObjectStore;
  readonly spool: Spool;
  readonly limits: BedrockLimits;
  readonly account: string;
  readonly seed: number;
}

/** Why a job fails in its validation. */
export class InputProblem extends Error {
  override readonly name = "InputProblem";
}

/** Copies a job's input into the spool, and checks what Bedrock does: buckets, sizes, counts and lines, but no `modelInput`. */
export async function openWork(job: JobRecord, host: InputHost): Promise<JobWork> {
  const { bucket, key } = splitUri(job.input.uri);
  checkOwner(job.input, host);
  checkOwner(job.output, host);
  const files = await findFiles(job.input.uri, host);
  const output = splitUri(job.output.uri);
  await reach(job.output.uri, () => host.store.list(output.bucket, output.key));
  const spooled = host.spool.create();
  try {
    const table = { offsets: [] as number[], lengths: [] as number[], files: [] as number[] };
    for (const [index, file] of files.entries()) {
      const start = spooled.bytes();
      const uri = `s3://${bucket}/${file.key}`;
      const lines = new LineSplitter((line, { number, offset, length }) => {
        if (!isRecord(line)) {
          throw new InputProblem(
            `Line ${number} of ${uri} is not a record: a JSON object with a modelInput is needed.`,
          );
        }
        table.offsets.push(start + offset);
        table.lengths.push(length);
        table.files.push(index);
      }, host.limits.inputFileBytes);
      await reach(uri, async () => {
        for await (const chunk of host.store.read(bucket, file.key)) {
          await spooled.write(chunk);
          lines.push(chunk);
        }
      });
      lines.end();
    }
    checkCount(job, table.offsets.length, host.limits);
    await spooled.end();
    const folder = job.input.uri.endsWith(".jsonl") ? key.replace(/[^/]*$/, "") : asFolder(key);
    const outputs = [];
    for (const file of files) {
      const name = `${file.key.slice(folder.length)}.out`;
      outputs.push({ name, file: host.spool.create() });
    }
    return {
      input: openSync(spooled.path, "r"),
      spooled,
      table,
      order: shuffled(table.offsets.length, `${host.seed}:${job.serial}`),
      next: 0,
      outputs,
    };
  } catch (error) {
    await spooled.discard();
    throw error;
  }
}

export function splitUri(uri: string): { readonly bucket: string; readonly key: string } {
  const [, bucket = "", key = ""] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
  return { bucket, key };
}

/** A prefix that ends where a name does. */
export function asFolder(key: string): string {
  return key === "" || key.endsWith("/") ? key : `${key}/`;
}

function checkOwner({ uri, owner }: S3Place, { account }: InputHost): void {
  if (owner === null || owner === account) return;
  throw new InputProblem(`The bucket of ${uri} does not belong to the account ${owner}.`);
}

/** One object if the address ends in `.jsonl`, else all that do below it. */
async function findFiles(uri: string, host: InputHost): Promise<readonly StoredKey[]> {
  const { bucket, key } = splitUri(uri);
  const isFile = uri.endsWith(".jsonl");
  const prefix = isFile ? key : asFolder(key);
  const listed = await reach(uri, () => host.store.list(bucket, prefix));
  const files = listed.filter((one) => (isFile ? one.key === key : one.key.endsWith(".jsonl")));
  if (files.length === 0) {
    throw new InputProblem(
      isFile
        ? `The input ${uri} was not found. Check that the object exists and that the role may read it.`
        : `No .jsonl file was found below ${uri}.`,
    );
  }
  const { inputFileBytes, jobBytes } = host.limits;
  const large = files.find((file) => file.bytes > inputFileBytes);
  if (large !== undefined) {
    throw new InputProblem(
      `The input file s3://${bucket}/${large.key} has ${large.bytes} bytes; at most ${inputFileBytes} are allowed.`,
    );
  }
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  if (bytes <= jobBytes) return files;
  throw new InputProblem(`The input has ${bytes} bytes; at most ${jobBytes} are allowed.`);
}

/** What S3 refuses fails the job, and says why. */
async function reach<Result>(uri: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof InputProblem) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputProblem(`${uri} can't be accessed: ${reason}`, { cause: error });
  }
}

function isRecord(line: Buffer): boolean {
  try {
    const value = isUtf8(line) ? parseJson(line.toString("utf8")) : null;
    if (!isJsonObject(value) || !isJsonObject(value["modelInput"])) return false;
    const { recordId } = value;
    return recordId === undefined || typeof recordId === "string";
  } catch {
    // Nesting too deep for the parser ends here as well.
    return false;
  }
}

function checkCount(job: JobRecord, count: number, limits: BedrockLimits): void {
  if (count < limits.recordsPerJobAtLeast) {
    throw new InputProblem(
      `Batch job ${job.arn} contains less records (${count}) than the required minimum of: ${limits.recordsPerJobAtLeast}`,
    );
  }
  if (count <= limits.recordsPerJob) return;
  throw new InputProblem(
    `Batch job ${job.arn} contains more records (${count}) than the allowed maximum of: ${limits.recordsPerJob}`,
  );
}
