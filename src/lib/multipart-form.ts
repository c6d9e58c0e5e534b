import type { Readable } from "node:stream";
import multipart from "@fastify/multipart";
import type { FastifyInstance, FastifyRequest } from "fastify";

/** What is wrong with a form. `field` names the field where one is to blame. */
export class FormError extends Error {
  override readonly name = "FormError";
  readonly kind: FormProblem;
  readonly field: string | null;

  constructor(kind: FormProblem, message: string, field: string | null = null) {
    super(message);
    this.kind = kind;
    this.field = field;
  }
}

/** `interrupted`: the client went away while it was sending. */
export type FormProblem =
  | "not_a_form"
  | "malformed"
  | "interrupted"
  | "file_too_large"
  | "field_too_large"
  | "too_many_fields"
  | "second_file"
  | "unknown_file"
  | "not_a_file"
  | "not_text";

export interface FormOptions<Received> {
  /** The field that holds the file. */
  readonly fileField: string;
  readonly fileBytes: number;
  readonly fieldBytes: number;
  /** Takes the file while it arrives; `start` is what came before its bytes. */
  receive(content: AsyncIterable<Uint8Array>, start: FormStart): Promise<Received>;
  /** Undoes `receive` where the rest of the form turns out wrong. */
  discard(received: Received): Promise<void>;
}

/** The fields that aren't files, in the order they came. */
type FormFields = readonly (readonly [name: string, value: string])[];

export interface FormStart {
  readonly fields: FormFields;
  readonly filename: string;
  readonly mimeType: string;
}

export interface Form<Received> {
  readonly fields: FormFields;
  readonly file: FormFile<Received> | null;
}

export interface FormFile<Received> {
  /** Its last segment; empty where the client gave none. */
  readonly filename: string;
  readonly mimeType: string;
  readonly received: Received;
}

const MAX_FIELDS = 1000;
/** What all fields may have together beyond the largest of them. */
const FORM_OVERHEAD_BYTES = 1024 * 1024;

/** Lets the routes of an instance take forms. */
export async function acceptForms(instance: FastifyInstance): Promise<void> {
  if (!instance.hasRequestDecorator("parts")) {
    await instance.register(multipart, { throwFileSizeLimit: false });
  }
}

/**
 * Reads a multipart form while it arrives, its fields before or after the file, on an instance that accepts forms. After an
 * error nothing is left of the file, and the rest of the request is let pass.
 */
export async function readForm<Received>(
  request: FastifyRequest,
  options: FormOptions<Received>,
): Promise<Form<Received>> {
  if (!request.isMultipart()) {
    throw new FormError("not_a_form", "the body must be multipart/form-data");
  }
  const length = Number(request.headers["content-length"] ?? 0);
  if (length > options.fileBytes + allFieldsBytes(options)) {
    throw tooLarge(options);
  }
  const fields: [string, string][] = [];
  let file: FormFile<Received> | null = null;
  let budget = allFieldsBytes(options);
  try {
    for await (const part of partsOf(request, options)) {
      if (part.filename === undefined) {
        const field = await readField(part, options, Math.min(budget, options.fieldBytes));
        fields.push([field.name, field.value]);
        budget -= field.bytes;
        if (fields.length > MAX_FIELDS) throw tooMany();
      } else {
        refuseFile(part, options, file);
        file = await readFile(part, options, fields);
      }
    }
  } catch (error) {
    if (file !== null) {
      await options.discard(file.received);
    }
    drain(request.raw);
    throw error;
  }
  return { fields, file };
}

/** A part before it is known to be a field or a file: every part comes as bytes, so that bad UTF-8 is seen. */
interface FormPart {
  readonly fieldname: string | undefined;
  readonly filename: string | undefined;
  readonly mimetype: string;
  readonly file: Readable & { readonly truncated: boolean };
}

async function* partsOf(
  request: FastifyRequest,
  { fileBytes }: FormOptions<unknown>,
): AsyncGenerator<FormPart> {
  const parts = request.parts({
    isPartAFile: () => true,
    limits: { parts: MAX_FIELDS + 2, fileSize: fileBytes, headerSize: 16 * 1024 },
  });
  try {
    for await (const part of parts) {
      if (part.type === "file") {
        yield part;
      }
    }
  } catch (error) {
    throw toFormError(error);
  }
}

async function readField(
  part: FormPart,
  { fileField }: FormOptions<unknown>,
  maxBytes: number,
): Promise<{ readonly name: string; readonly value: string; readonly bytes: number }> {
  const name = part.fieldname ?? "";
  if (name === "") {
    throw new FormError("malformed", "a part of the form has no name");
  }
  if (name === fileField) {
    throw new FormError("not_a_file", `'${name}' must be a file with a filename`, name);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of bytesOf(part.file)) {
      bytes += chunk.length;
      if (bytes > maxBytes) break;
      chunks.push(chunk);
    }
  } catch (error) {
    throw toFormError(error);
  }
  if (bytes > maxBytes || part.file.truncated) {
    throw new FormError("field_too_large", `'${name}' is larger than ${maxBytes} bytes`, name);
  }
  return { name, value: textOf(Buffer.concat(chunks), name), bytes };
}

function textOf(bytes: Buffer, name: string): string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new FormError("not_text", `'${name}' is not valid UTF-8`, name);
  }
  if (text.includes("\0")) {
    throw new FormError("not_text", `'${name}' holds a NUL byte`, name);
  }
  return text;
}

function refuseFile(
  part: FormPart,
  options: FormOptions<unknown>,
  before: FormFile<unknown> | null,
): void {
  const name = part.fieldname ?? "";
  if (name !== options.fileField) {
    throw new FormError("unknown_file", `'${name}' can't be a file here`, name);
  }
  if (before !== null) {
    throw new FormError("second_file", `the form has more than one '${name}'`, name);
  }
}

async function readFile<Received>(
  part: FormPart,
  options: FormOptions<Received>,
  fields: FormFields,
): Promise<FormFile<Received>> {
  const { file, mimetype: mimeType, filename = "" } = part;
  let problem: FormError | null = null;
  // What the receiver makes of a broken form matters less than that it was broken.
  file.once("error", (error) => {
    // So a stream ends whose reader left: what is wrong is not the form.
    if (!("code" in error) || error.code !== "ABORT_ERR") problem = toFormError(error);
  });
  const stop = (): void => void file.destroy(tooLarge(options));
  if (file.truncated) stop();
  else file.once("limit", stop);
  try {
    const start = { fields: [...fields], filename, mimeType };
    return { filename, mimeType, received: await options.receive(bytesOf(file), start) };
  } catch (error) {
    throw problem ?? error;
  } finally {
    // Whoever receives may stop early; a part that is neither read nor destroyed would block the parser.
    file.destroy();
  }
}

/** The bytes of a part, which a stream yields untyped. */
function bytesOf(content: Readable): AsyncIterable<Uint8Array> {
  return content;
}

function tooLarge(options: FormOptions<unknown>): FormError {
  return new FormError(
    "file_too_large",
    `'${options.fileField}' is larger than ${options.fileBytes} bytes`,
    options.fileField,
  );
}

function tooMany(): FormError {
  return new FormError("too_many_fields", `the form has more than ${MAX_FIELDS} fields`);
}

/** Fields are held in memory: a thousand of the largest would be too much. */
function allFieldsBytes({ fieldBytes }: FormOptions<unknown>): number {
  return fieldBytes + FORM_OVERHEAD_BYTES;
}

/** A client that is still sending reads its answer only after that; how long it may is for the server to say. */
function drain(request: Readable): void {
  request.unpipe();
  // The parser lets go of the request a little later, which pauses it.
  request.on("pause", () => request.resume()).resume();
}

/** The parser's own errors have no type; all of them say that the form is broken. */
function toFormError(error: unknown): FormError {
  if (error instanceof FormError) {
    return error;
  }
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code === "FST_MP_PREMATURE_CLOSE" || code === "ECONNRESET") {
    return new FormError("interrupted", "the request ended before its form did");
  }
  return code === "FST_PARTS_LIMIT"
    ? tooMany()
    : new FormError("malformed", "the body is not well-formed multipart/form-data");
}
