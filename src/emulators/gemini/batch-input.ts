import { isUtf8 } from "node:buffer";
import { createReadStream } from "node:fs";
import { LineSplitter } from "../../lib/line-splitter.ts";
import type { Work } from "./answers/answer.ts";
import { checkModelOf } from "./answers/answer.ts";
import type { LineTable } from "./batch-record.ts";
import type { FileRecord, FileWriter } from "./file-store.ts";
import type { GeminiLimits } from "./limits.ts";
import type { Json, JsonObject } from "./json.ts";
import { objectOf, objectsOf, parseJson } from "./json.ts";
import { inputLine } from "./messages.ts";
import { readObject } from "./proto-json.ts";
import { invalidArgument, StatusError } from "./status-error.ts";

export interface InputPlace {
  readonly work: Work;
  readonly model: string;
  readonly limits: GeminiLimits;
}

/** Reads the whole file before the batch is made: one malformed line, and there is no batch. */
export async function readInputFile(file: FileRecord, place: InputPlace): Promise<LineTable> {
  const { batchInputBytes } = place.limits;
  const name = `files/${file.id}`;
  if (file.bytes > batchInputBytes) {
    throw invalidArgument(`The input file ${name} is larger than ${batchInputBytes} bytes.`);
  }
  const offsets: number[] = [];
  const lengths: number[] = [];
  const lines = new LineSplitter((line, { number, offset, length }) => {
    try {
      readLine(line, place);
    } catch (error) {
      if (!(error instanceof StatusError)) throw error;
      throw invalidArgument(`Line ${number} of ${name}: ${error.message}`);
    }
    offsets.push(offset);
    lengths.push(length);
  }, batchInputBytes);
  for await (const chunk of createReadStream(file.path, { highWaterMark: 1024 * 1024 })) {
    if (Buffer.isBuffer(chunk)) lines.push(chunk);
  }
  lines.end();
  if (offsets.length === 0) throw invalidArgument(`The input file ${name} has no requests.`);
  return { offsets, lengths };
}

function readLine(line: Buffer, place: InputPlace): void {
  const { work, model } = place;
  const value = parseLine(line);
  const read = readObject(inputLine(work.request), value, "");
  if (read["request"] === undefined) throw invalidArgument("The line has no request.");
  checkModelOf(objectOf(read["request"]), model);
}

function parseLine(line: Buffer): Json {
  try {
    if (isUtf8(line)) return parseJson(line.toString("utf8"));
  } catch {
    // Nesting too deep for the parser ends here as well.
  }
  throw invalidArgument("The line is not valid JSON in UTF-8.");
}

/** Writes requests that came inline to disk, a line each, so that both kinds of batch are run alike. */
export async function keepInline(
  requests: JsonObject,
  writer: FileWriter,
  place: InputPlace,
): Promise<LineTable> {
  const items = objectsOf(requests["requests"]);
  if (items.length === 0) throw invalidArgument("The batch has no requests.");
  const offsets: number[] = [];
  const lengths: number[] = [];
  for (const [index, item] of items.entries()) {
    if (item["request"] === undefined) {
      throw invalidArgument(`batch.input_config.requests.requests[${index}] has no request.`);
    }
    checkModelOf(objectOf(item["request"]), place.model);
    const line = Buffer.from(JSON.stringify(item));
    offsets.push(writer.bytes());
    lengths.push(line.length);
    await writer.write(line);
    await writer.write("\n");
  }
  await writer.end();
  return { offsets, lengths };
}
