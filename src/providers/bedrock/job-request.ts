import type { CreateModelInvocationJobCommandInput } from "@aws-sdk/client-bedrock";
import { GatewayError } from "../../core/errors.ts";
import type { Submission } from "../../core/provider.ts";
import { toS3Uri } from "../../core/s3-uri.ts";
import { mustBeNamed, type Place } from "./place.ts";

const MIN_HOURS = 24;
const MAX_HOURS = 168;

interface JobSettings {
  readonly provider: string;
  readonly roleArn: string | null;
  readonly place: Place;
}

/** The token goes twice: AWS makes one job of it however often it is sent, and by the name a job is found. */
export function toJobRequest(
  part: Submission,
  { provider, roleArn, place }: JobSettings,
): CreateModelInvocationJobCommandInput & { readonly outputUri: string } {
  const { model, inputNativeId } = part;
  if (model === null) {
    throw refusal("model", `A batch for ${provider} needs a model, the same one in every line.`);
  }
  if (roleArn === null) {
    throw refusal(
      "provider",
      `${provider} needs a role that Bedrock takes on to read and write the S3 data of a job: set CROSSBATCH_BEDROCK_ROLE_ARN to its ARN.`,
    );
  }
  if (inputNativeId === null || !inputNativeId.startsWith("s3://")) {
    throw refusal("input_file_id", `A batch for ${provider} needs its input as an object in S3.`);
  }
  const outputUri = `${toS3Uri(mustBeNamed(place.output, provider))}/`;
  return {
    jobName: jobNameOf(part.token),
    clientRequestToken: part.token,
    roleArn,
    modelId: model,
    ...(part.variant === "Converse" ? { modelInvocationType: "Converse" } : {}),
    inputDataConfig: { s3InputDataConfig: { s3Uri: inputNativeId, s3InputFormat: "JSONL" } },
    outputDataConfig: { s3OutputDataConfig: { s3Uri: outputUri } },
    timeoutDurationInHours: hoursOf(part.completionWindow),
    outputUri,
  };
}

export function jobNameOf(token: string): string {
  return `crossbatch-${token}`;
}

function hoursOf(completionWindow: string): number {
  const hours = Number(/^(\d+)h$/.exec(completionWindow)?.[1] ?? MIN_HOURS);
  return Math.min(MAX_HOURS, Math.max(MIN_HOURS, hours));
}

function refusal(param: string, message: string): GatewayError {
  return new GatewayError("invalid_request", message, { param, notSent: true });
}
