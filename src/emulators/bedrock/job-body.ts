// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html

import { integer, list, oneOf, structure, text, union } from "./shapes.ts";

// Written without AWS's nested repetitions, which take for ever on a row of dashes; the bounds make them equal.
export const JOB_NAME = /^[a-zA-Z0-9][a-zA-Z0-9+.-]*$/;
const TOKEN = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$/;
const ROLE = /^arn:aws(-[^:]+)?:iam::([0-9]{12})?:role\/.+$/;
const MODEL =
  /^(?:(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:(([0-9]{12}:custom-model\/[a-z0-9-]{1,63}[.][a-z0-9-:]{1,63}\/[a-z0-9]{12}$)|(:foundation-model\/([a-z0-9-]{1,63}[.][a-z0-9-]{1,63}([.]?[a-z0-9-]{1,63})([:][a-z0-9-]{1,63}){0,2})|(([0-9a-zA-Z][_-]?)+)$)|([0-9]{12}:(inference-profile|application-inference-profile)\/[a-zA-Z0-9-:.]+$)))|([a-z0-9-]{1,63}[.][a-z0-9-]{1,63}([.]?[a-z0-9-]{1,63})([:][a-z0-9-]{1,63}){0,2})|(([0-9a-zA-Z][_-]?)+))$/;
const S3_URI =
  /^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9](?:\/[-!_*'().a-z0-9A-Z]+(?:\/[-!_*'().a-z0-9A-Z]+)*)?\/?$/;
const KMS_KEY =
  /^(?:(arn:aws(-[^:]+)?:kms:[a-zA-Z0-9-]*:[0-9]{12}:((key\/[a-zA-Z0-9-]{36})|(alias\/[a-zA-Z0-9-_/]+)))|([a-zA-Z0-9-]{36})|(alias\/[a-zA-Z0-9-_/]+))$/;
const TAG = /^[a-zA-Z0-9\s._:/=+@-]*$/;

const s3Uri = text({ min: 1, max: 1_024, pattern: S3_URI });
const accountId = text({ pattern: /^[0-9]{12}$/ });
const networkId = text({ max: 32, pattern: /^[-0-9a-zA-Z]+$/ });

export const CREATE_JOB = structure(
  {
    jobName: text({ min: 1, max: 63, pattern: JOB_NAME }),
    roleArn: text({ max: 2_048, pattern: ROLE }),
    clientRequestToken: text({ min: 1, max: 256, pattern: TOKEN }),
    modelId: text({ min: 1, max: 2_048, pattern: MODEL }),
    inputDataConfig: union({
      s3InputDataConfig: structure(
        { s3InputFormat: oneOf(["JSONL"]), s3Uri, s3BucketOwner: accountId },
        ["s3Uri"],
      ),
    }),
    outputDataConfig: union({
      s3OutputDataConfig: structure(
        {
          s3Uri,
          s3EncryptionKeyId: text({ min: 1, max: 2_048, pattern: KMS_KEY }),
          s3BucketOwner: accountId,
        },
        ["s3Uri"],
      ),
    }),
    vpcConfig: structure(
      {
        subnetIds: list(networkId, { min: 1, max: 16 }),
        securityGroupIds: list(networkId, { min: 1, max: 5 }),
      },
      ["subnetIds", "securityGroupIds"],
    ),
    timeoutDurationInHours: integer({ min: 24, max: 168 }),
    tags: list(
      structure(
        {
          key: text({ min: 1, max: 128, pattern: TAG }),
          value: text({ max: 256, pattern: TAG }),
        },
        ["key", "value"],
      ),
      { max: 200 },
    ),
    modelInvocationType: oneOf(["InvokeModel", "Converse"]),
  },
  ["jobName", "roleArn", "modelId", "inputDataConfig", "outputDataConfig"],
);
