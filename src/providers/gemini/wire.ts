// https://ai.google.dev/api/files#File
// https://ai.google.dev/api/batch-api
// https://generativelanguage.googleapis.com/$discovery/rest?version=v1beta
import { z } from "zod";

const text = z.string().nullish().catch(null);

/** 64-bit integers are written as strings, and left out where they are zero. */
const int64 = z
  .union([z.string(), z.number()])
  .transform(Number)
  .refine((value) => Number.isSafeInteger(value))
  .catch(0);

/** RFC 3339 with up to nine digits of a second, read as milliseconds. */
const time = z
  .string()
  .transform((value) => Date.parse(value))
  .refine((value) => !Number.isNaN(value))
  .nullish()
  .catch(null);

const name = z.string().min(1);

/** `google.rpc.Status`; `code` is the number of gRPC, not of HTTP. */
const wireStatus = z.looseObject({
  code: z.number().nullish().catch(null),
  message: text,
});

export const wireFile = z.looseObject({
  name,
  displayName: text,
  mimeType: text,
  sizeBytes: int64,
  createTime: time,
  expirationTime: time,
  state: text,
  source: text,
  error: wireStatus.nullish().catch(null),
});

/** What a chunk of an upload is answered with: the file once it is whole, else nothing or `{}`. */
export const wireUploaded = z.looseObject({ file: wireFile.nullish() }).nullish();

export const wireFiles = z.looseObject({
  files: z.array(wireFile).nullish(),
  nextPageToken: text,
});

const wireOutput = z
  .looseObject({
    responsesFile: text,
    inlinedResponses: z
      .looseObject({ inlinedResponses: z.array(z.looseObject({})).nullish() })
      .nullish(),
  })
  .nullish()
  .catch(null);

const wireBatch = z.looseObject({
  "@type": text,
  model: text,
  displayName: text,
  state: text,
  inputConfig: z.looseObject({ fileName: text }).nullish().catch(null),
  output: wireOutput,
  createTime: time,
  endTime: time,
  batchStats: z
    .looseObject({
      requestCount: int64,
      successfulRequestCount: int64,
      failedRequestCount: int64,
    })
    .nullish()
    .catch(null),
});

/** A batch, in the dress of a long-running operation. */
export const wireOperation = z.looseObject({
  name,
  done: z.boolean().nullish().catch(null),
  error: wireStatus.nullish().catch(null),
  metadata: wireBatch.nullish().catch(null),
  response: wireOutput,
});

export const wireOperations = z.looseObject({
  operations: z.array(wireOperation).nullish(),
  nextPageToken: text,
  unreachable: z.array(z.string()).nullish().catch(null),
});

/** What the `details` of an error may hold, of which we read two kinds. */
export const wireErrorDetail = z.looseObject({ "@type": text, reason: text, retryDelay: text });

export type WireFile = z.infer<typeof wireFile>;
export type WireUploaded = z.infer<typeof wireUploaded>;
export type WireOperation = z.infer<typeof wireOperation>;
export type WireOutput = NonNullable<z.infer<typeof wireOutput>>;
