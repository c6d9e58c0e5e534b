import { z } from "zod";
import { bytes, httpUrl, oneOf, s3Uri, secret, text, wholeNumber, yesOrNo } from "./values.ts";

const address =
  "Address of the host's API, with the version where the host's own documentation has it.";
const passThrough =
  "Whether a client's own key may be sent to this host. It is only where `api_key` isn't set.";

export const OPENAI_BASE_URL = "https://api.openai.com/v1";

const jobFields = {
  maxJobLines: wholeNumber(1, 10_000_000)
    .nullable()
    .default(null)
    .describe(
      "The most lines of one job there; a larger batch becomes several jobs. null: as the provider documents it.",
    ),
  maxJobBytes: bytes(1_024, 1024 ** 4)
    .nullable()
    .default(null)
    .describe(
      "The most bytes of one job's input there; a larger batch becomes several jobs. null: as the provider documents it.",
    ),
};

const apiKeys = z
  .array(
    z.strictObject({
      name: text()
        .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, { error: "must hold only a-z, 0-9, - and _" })
        .refine((name) => name !== "default", { error: "must not be default, as api_key is" }),
      key: text(),
      models: z.array(text(), { error: "must be a list" }).nullable().default(null),
      weight: wholeNumber(1, 1_000_000).default(1),
    }),
    { error: "must be a list of keys" },
  )
  .refine((keys) => new Set(keys.map(({ name }) => name)).size === keys.length, {
    error: "must have each name once",
  })
  .default([])
  .meta({
    description:
      "Further keys, each an account of its own: `{name, key, models, weight}`. What is new goes to one whose `models` (patterns; left out: all) fit, by weight; a file and its batches stay together. A key that is rotated keeps its name.",
    secret: true,
    fileOnly: true,
  });

const openAiFields = {
  ...jobFields,
  apiKey: secret("Key for this host. With a key here, what clients send as theirs is ignored."),
  apiKeys,
  batches: yesOrNo().default(true).describe("Whether the host has a batch API (`/batches`)."),
  files: yesOrNo()
    .default(true)
    .describe("Whether the host keeps files (`/files`), so that uploads are copied there."),
};

const keyFields = {
  ...jobFields,
  apiKey: secret("Key for this host. With a key here, what clients send as theirs is ignored."),
  apiKeys,
};

const bedrockFields = {
  ...jobFields,
  region: text()
    .nullable()
    .default(null)
    .describe("AWS region; null: the one AWS's own settings name."),
  endpoint: httpUrl().nullable().default(null).describe("Another address for the Bedrock API."),
  runtimeEndpoint: httpUrl()
    .nullable()
    .default(null)
    .describe("Another address for the Bedrock runtime API."),
  roleArn: text()
    .regex(/^arn:aws[a-z-]*:iam::\d{12}:role\/\S+$/, {
      error: "must be the ARN of an IAM role, such as arn:aws:iam::123456789012:role/batch",
    })
    .nullable()
    .default(null)
    .describe("The role that Bedrock takes on to read and write the S3 data of a job."),
  s3Uri: s3Uri()
    .nullable()
    .default(null)
    .describe("Default bucket and prefix for the data of jobs, where a request names none."),
  belowMinimum: oneOf(["direct", "reject"])
    .default("direct")
    .describe(
      "What becomes of a batch with fewer lines than Bedrock takes: `direct` runs its lines one by one at the synchronous price, `reject` refuses it.",
    ),
  minimumLines: wholeNumber(1, 50_000)
    .default(100)
    .describe("The fewest lines that Bedrock takes in one job; a quota of the AWS account."),
};

/** Hosts that the operator named. */
export const namedProviders = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({
      kind: kind("openai"),
      baseUrl: httpUrl().describe(address),
      passThrough: yesOrNo().default(false).describe(passThrough),
      ...openAiFields,
    }),
    z.strictObject({
      kind: kind("anthropic"),
      baseUrl: httpUrl().describe(address),
      passThrough: yesOrNo().default(false).describe(passThrough),
      ...keyFields,
    }),
    z.strictObject({
      kind: kind("gemini"),
      baseUrl: httpUrl().describe(address),
      passThrough: yesOrNo().default(false).describe(passThrough),
      ...keyFields,
    }),
    z.strictObject({ kind: kind("bedrock"), ...bedrockFields }),
  ],
  { error: "needs a kind: one of openai, anthropic, gemini, bedrock" },
);

/** The four that are there without being named, and any number of named ones. */
export const providersSchema = z
  .object({
    openai: z
      .strictObject({
        kind: kind("openai").default("openai"),
        baseUrl: httpUrl().default(OPENAI_BASE_URL).describe(address),
        passThrough: yesOrNo().default(true).describe(passThrough),
        ...openAiFields,
      })
      .prefault({}),
    anthropic: z
      .strictObject({
        kind: kind("anthropic").default("anthropic"),
        baseUrl: httpUrl().default("https://api.anthropic.com").describe(address),
        passThrough: yesOrNo().default(true).describe(passThrough),
        ...keyFields,
      })
      .prefault({}),
    gemini: z
      .strictObject({
        kind: kind("gemini").default("gemini"),
        baseUrl: httpUrl().default("https://generativelanguage.googleapis.com").describe(address),
        passThrough: yesOrNo().default(true).describe(passThrough),
        ...keyFields,
      })
      .prefault({}),
    bedrock: z
      .strictObject({ kind: kind("bedrock").default("bedrock"), ...bedrockFields })
      .prefault({}),
  })
  .catchall(namedProviders)
  .prefault({});

function kind<const Kind extends string>(name: Kind) {
  return z.literal(name, { error: `must be ${name}` }).describe("Which API the host speaks.");
}
