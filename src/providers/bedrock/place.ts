import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import type { JsonObject } from "../../core/json.ts";
import { parseS3Uri, type S3Location, toS3Location } from "../../core/s3-uri.ts";

/** Where the data of a request's files and jobs lie. */
export interface Place {
  /** What files are kept below. */
  readonly files: S3Location | null;
  /** What the results of jobs are written below. */
  readonly output: S3Location | null;
  /** Null: the gateway's own. */
  readonly region: string | null;
}

/** They have passed the gateway's gate, which says what is wrong with them in more words. */
const placeOptions = z.looseObject({
  storage_config: z
    .looseObject({
      s3: z
        .looseObject({
          bucket: z.string(),
          prefix: z.string().nullish(),
          region: z.string().nullish(),
        })
        .nullish(),
    })
    .nullish(),
  output_s3_uri: z.string().nullish(),
  /** Of a tenant, below the default place. */
  folder: z.string().nullish(),
});

export function readPlace(options: JsonObject, defaultUri: string | null): Place {
  const read = placeOptions.safeParse(options);
  if (!read.success) {
    const param = read.error.issues[0]?.path.join(".") ?? "storage_config";
    throw new GatewayError(
      "invalid_request",
      `${param} isn't right: storage_config is like {"s3": {"bucket": "name", "prefix": "folder", "region": "us-east-1"}}, output_s3_uri like s3://bucket/folder.`,
      { param, notSent: true },
    );
  }
  const { storage_config: storage, output_s3_uri: outputUri, folder } = read.data;
  const named = storage?.s3;
  const files = named
    ? toS3Location(named.bucket, named.prefix ?? "", "storage_config.s3")
    : defaultPlace(defaultUri, folder ?? null);
  const output = outputUri ? parseS3Uri(outputUri, "output_s3_uri") : below(files, "output");
  return { files, output, region: named?.region ?? null };
}

function defaultPlace(uri: string | null, folder: string | null): S3Location | null {
  const location = uri === null ? null : parseS3Uri(uri);
  return folder === null ? location : below(location, folder);
}

export function mustBeNamed(location: S3Location | null, provider: string): S3Location {
  if (location !== null) return location;
  throw new GatewayError(
    "invalid_request",
    `${provider} keeps files and results in S3, and no place there is named: give storage_config, like {"s3": {"bucket": "name", "prefix": "folder"}}, or set CROSSBATCH_BEDROCK_S3_URI.`,
    { param: "storage_config", notSent: true },
  );
}

function below(location: S3Location | null, folder: string): S3Location | null {
  if (location === null) return null;
  return { ...location, path: location.path === "" ? folder : `${location.path}/${folder}` };
}
