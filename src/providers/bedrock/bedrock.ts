import type { Agent } from "undici";
import type { Provider, ProviderLimits, Upstream } from "../../core/provider.ts";
import type { Telemetry } from "../../core/telemetry.ts";
import { type AwsOptions, createAws } from "./aws.ts";
import { createCalls } from "./calls.ts";
import { createControlPlane } from "./control-plane.ts";
import { createFiles } from "./files.ts";
import { createJobList } from "./job-list.ts";
import { createJobs } from "./jobs.ts";
import { openBucket } from "./bucket.ts";
import { readPlace } from "./place.ts";

/** https://docs.aws.amazon.com/general/latest/gr/bedrock.html: quotas of an account, for each model. */
const BEDROCK_LIMITS: Omit<ProviderLimits, "minLines"> = {
  maxLines: 50_000,
  maxBytes: 1_000_000_000,
  oneModel: true,
  windowHours: 24,
};

export interface BedrockProviderOptions extends AwsOptions {
  /** The role that Bedrock takes on to read and write the data of a job. */
  readonly roleArn: string | null;
  /** Where files lie that name no place. */
  readonly s3Uri: string | null;
  readonly belowMinimum: "direct" | "reject";
  readonly minimumLines: number;
  readonly limits?: Partial<ProviderLimits>;
}

interface BedrockDeps {
  readonly agent: Agent;
  readonly telemetry: Telemetry;
  readonly now: () => number;
}

export interface BedrockProvider extends Provider {
  close(): Promise<void>;
}

/** Amazon Bedrock's batch inference, with S3 as its files. Nobody's key is passed on: AWS's own chain of credentials is used. */
export function createBedrockProvider(
  options: BedrockProviderOptions,
  deps: BedrockDeps,
): BedrockProvider {
  const { name: provider, roleArn, minimumLines } = options;
  const { now } = deps;
  const aws = createAws(options, deps);
  return {
    name: provider,
    format: "bedrock",
    limits: { ...BEDROCK_LIMITS, ...options.limits, minLines: minimumLines },
    configuredKey: null,
    passThrough: false,
    hasForeignFiles: true,
    nativeIds: {
      file: /^s3:\/\/[a-z0-9][-.a-z0-9]{1,61}[a-z0-9]\/.+$/,
      batch: /^(?:arn:aws[^:]*:bedrock:[^:]+:\d{12}:model-invocation-job\/)[a-z0-9]{12}$/,
    },
    keepsFiles: true,
    takesInputFiles: true,
    hasBatches: true,
    belowMinimum: options.belowMinimum,
    modelPrefix: provider,
    forwardedHeaders: [],

    connect(_access, requestOptions): Upstream {
      const place = readPlace(requestOptions, options.s3Uri);
      const regionOf = async (region: string | null) => region ?? aws.regionOf(place.region);
      const open = async (name: string, region: string | null) =>
        openBucket(aws, name, await regionOf(region));
      const controlPlane = async (region: string | null) =>
        createControlPlane(aws, await regionOf(region), { provider, now });
      return {
        ...createJobs({ provider, roleArn, place, now, controlPlane, openBucket: open }),
        files: createFiles({ provider, place, now, openBucket: (name) => open(name, null) }),
        jobs: createJobList(controlPlane),
        ...createCalls({
          ...deps,
          provider,
          runtime: async () => aws.runtime(await regionOf(null)),
        }),
      };
    },

    close: () => aws.close(),
  };
}
