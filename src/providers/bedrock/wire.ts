// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_GetModelInvocationJob.html
// https://docs.aws.amazon.com/bedrock/latest/userguide/batch-inference-results.html
import { z } from "zod";

const text = z.string().nullish().catch(null);
const count = z.number().nullish().catch(null);
const time = z.date().nullish().catch(null);

/** A job as the SDK gives it, alone and in lists. */
export const wireJob = z.looseObject({
  jobArn: z.string().min(1),
  jobName: text,
  clientRequestToken: text,
  modelId: text,
  status: z.string().catch("unknown"),
  message: text,
  submitTime: time,
  lastModifiedTime: time,
  endTime: time,
  jobExpirationTime: time,
  timeoutDurationInHours: count,
  inputDataConfig: z
    .looseObject({ s3InputDataConfig: z.looseObject({ s3Uri: text }).nullish() })
    .nullish()
    .catch(null),
  outputDataConfig: z
    .looseObject({ s3OutputDataConfig: z.looseObject({ s3Uri: text }).nullish() })
    .nullish()
    .catch(null),
  totalRecordCount: count,
  successRecordCount: count,
  errorRecordCount: count,
});

export type WireJob = z.infer<typeof wireJob>;

/** `manifest.json.out` */
export const wireManifest = z.looseObject({
  totalRecordCount: count,
  successRecordCount: count,
  errorRecordCount: count,
  inputTokenCount: count,
  outputTokenCount: count,
});

export type WireManifest = z.infer<typeof wireManifest>;
