import type { S3ClientConfig } from "@aws-sdk/client-s3";

export interface S3Settings {
  /** Null or left out: AWS. */
  readonly endpoint?: string | null;
  readonly region?: string;
  /** Whether the bucket stands in the path; null or left out: it does where `endpoint` is set. */
  readonly pathStyle?: boolean | null;
  readonly checksums?: "when_required" | "when_supported";
  /** Left out: where AWS's own settings say. */
  readonly credentials?: NonNullable<S3ClientConfig["credentials"]>;
}

const CONNECT_MILLISECONDS = 5_000;
/** The SDK's 50 would let that many slow downloads keep every upload waiting. */
const MAX_SOCKETS = 2_000;

/** What the SDK's client is made with. */
export function toS3ClientConfig(settings: S3Settings) {
  const hasEndpoint = settings.endpoint !== undefined && settings.endpoint !== null;
  const whenRequired = settings.checksums !== "when_supported";
  const checksums = whenRequired ? "WHEN_REQUIRED" : "WHEN_SUPPORTED";
  return {
    ...(hasEndpoint ? { endpoint: settings.endpoint } : {}),
    ...(settings.region === undefined ? {} : { region: settings.region }),
    ...(settings.credentials === undefined ? {} : { credentials: settings.credentials }),
    forcePathStyle: settings.pathStyle ?? hasEndpoint,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    // With it the SDK opens a new connection for every part.
    expectContinueHeader: false,
    requestHandler: {
      connectionTimeout: CONNECT_MILLISECONDS,
      socketTimeout: 0,
      httpAgent: { maxSockets: MAX_SOCKETS },
      httpsAgent: { maxSockets: MAX_SOCKETS },
    },
  } as const;
}
