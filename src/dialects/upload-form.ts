import type { FastifyReply, FastifyRequest } from "fastify";
import type { DialectServices } from "../core/dialect.ts";
import { type ErrorCode, GatewayError, isGatewayError } from "../core/errors.ts";
import type { FileIntent, ReceivedContent } from "../core/gateway.ts";
import { clientSignal } from "../lib/client-signal.ts";
import {
  type Form,
  FormError,
  type FormStart,
  type FormOptions,
  type FormProblem,
  readForm,
} from "../lib/multipart-form.ts";
import type { Wording } from "./wording.ts";

interface UploadForm {
  readonly fileField: string;
  readonly fileBytes: number;
  readonly wording: Wording;
  /** What is to be made of the file, by what comes before it. What is wrong or missing in that is told of the whole form. */
  readonly intent?: (start: FormStart) => FileIntent;
}

/** A form whose file is stored while it arrives, handed to `use`; if that fails, the file goes away again. */
export async function withForm<Result>(
  services: Pick<DialectServices, "gateway" | "limits" | "log">,
  { request, reply, form }: FormRequest,
  use: (form: CompleteForm) => Promise<Result>,
): Promise<Result> {
  const { gateway, limits } = services;
  const signal = clientSignal(reply.raw);
  const { fileField, fileBytes, wording } = form;
  const { fields, file } = await readUploadForm(request, wording, {
    fileField,
    fileBytes,
    fieldBytes: limits.fieldBytes,
    receive: (content, start) => gateway.receive(content, signal, intentOf(form, start)),
    discard: (received) => discard(services, received),
  });
  if (file === null) throw wording.missing(fileField);
  try {
    return await use({ fields, file });
  } catch (error) {
    await discard(services, file.received);
    throw error;
  }
}

function intentOf({ intent }: UploadForm, start: FormStart): FileIntent | null {
  try {
    return intent?.(start) ?? null;
  } catch (error) {
    if (isGatewayError(error)) return null;
    throw error;
  }
}

/** What can't be removed now is swept later; the client hears what was wrong with its request. */
async function discard(
  { gateway, log }: Pick<DialectServices, "gateway" | "log">,
  received: ReceivedContent,
): Promise<void> {
  try {
    await gateway.discard(received);
  } catch (error) {
    log.warn({ error, blob: received.blob }, "a refused upload could not be removed");
  }
}

export interface FormRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly form: UploadForm;
}

export interface CompleteForm {
  readonly fields: Form<ReceivedContent>["fields"];
  readonly file: NonNullable<Form<ReceivedContent>["file"]>;
}

async function readUploadForm(
  request: FastifyRequest,
  wording: Wording,
  options: FormOptions<ReceivedContent>,
): Promise<Form<ReceivedContent>> {
  try {
    return await readForm(request, options);
  } catch (error) {
    throw error instanceof FormError ? toGatewayError(error, options.fileField, wording) : error;
  }
}

const CODES: Readonly<Partial<Record<FormProblem, ErrorCode>>> = {
  file_too_large: "too_large",
  field_too_large: "too_large",
  interrupted: "client_closed",
};

function toGatewayError(error: FormError, fileField: string, wording: Wording): GatewayError {
  if (error.kind === "unknown_file" && error.field !== null) return wording.unknown(error.field);
  const message = `Invalid form: ${error.message}; send one file as '${fileField}', and text fields.`;
  return new GatewayError(CODES[error.kind] ?? "invalid_request", message, {
    cause: error,
    ...(error.field === null ? {} : { param: error.field }),
  });
}
