import { resolve } from "node:path";
import { z } from "zod";
import { limitsSchema, retentionSchema } from "./limits.ts";
import { providersSchema } from "./provider-entries.ts";
import { virtualKeysSchema } from "./virtual-keys.ts";
import {
  addressRange,
  httpUrl,
  oneOf,
  s3Uri,
  seconds,
  secret,
  text,
  webOrigin,
  wholeNumber,
  yesOrNo,
} from "./values.ts";

const logSchema = z
  .strictObject({
    level: oneOf(["debug", "info", "warn", "error", "silent"])
      .default("info")
      .describe("The least important lines that are written."),
    format: oneOf(["auto", "json", "text"])
      .default("auto")
      .describe("`json`, a line each; `text` for people; `auto`: text on a terminal, else JSON."),
  })
  .prefault({});

const s3Schema = z
  .strictObject({
    endpoint: httpUrl()
      .nullable()
      .default(null)
      .describe("Address of an S3-compatible store; null: AWS."),
    region: text().default("us-east-1").describe("Region of the buckets."),
    pathStyle: yesOrNo()
      .nullable()
      .default(null)
      .describe("Whether the bucket stands in the path; null: it does where `endpoint` is set."),
    checksums: oneOf(["when_required", "when_supported"])
      .default("when_required")
      .describe("When uploads carry AWS's newer checksums, which many compatible stores refuse."),
  })
  .prefault({});

/** All that can be set. In crossbatch.yaml the same names stand in snake_case. */
export const configSchema = z.strictObject({
  host: text().default("127.0.0.1").describe("Address to listen on."),
  port: wholeNumber(0, 65_535).default(8080).describe("Port to listen on; 0 takes a free one."),
  publicUrl: publicUrl()
    .nullable()
    .default(null)
    .describe(
      "The address under which clients reach the gateway, maybe with a path; `relative` makes links in answers relative; null: as each request says.",
    ),
  allowOpen: yesOrNo()
    .default(false)
    .describe(
      "Whether the gateway may listen on an address that other machines reach although anyone there could use it.",
    ),
  requireKeys: yesOrNo()
    .default(false)
    .describe(
      "Whether only virtual keys open the gateway even while there is none: for a gateway whose keys all come from `crossbatch keys create`.",
    ),
  virtualKeys: virtualKeysSchema,
  trustedProxies: z
    .array(addressRange(), { error: "must be a list of addresses" })
    .default([])
    .describe(
      "Proxies whose `x-forwarded-*` headers are believed: addresses, ranges, or loopback, linklocal, uniquelocal. In a variable: separated by commas.",
    ),
  corsOrigins: z
    .array(webOrigin(), { error: "must be a list of origins" })
    .default([])
    .describe(
      "Origins whose web pages may use the gateway, such as https://app.example.com; none: CORS is off. In a variable: separated by commas.",
    ),
  dataDir: text()
    .default(".crossbatch")
    .transform((value) => resolve(value))
    .describe(
      "Folder for the embedded database, blobs and keys; relative to the working directory.",
    ),
  databaseUrl: databaseUrl(),
  blobsUrl: s3Uri()
    .nullable()
    .default(null)
    .describe("`s3://bucket/prefix` where blobs are kept; null: on disk, in `data_dir`."),
  secretKey: secret(
    "Encrypts the provider keys of clients while a batch needs them; at least 32 random characters are wise. Null: a key in a file of `data_dir`, readable by its owner alone.",
  ),
  adminToken: secret("Opens the admin API; null: there is none."),
  translation: oneOf(["warn", "strict"])
    .default("warn")
    .describe(
      "What becomes of a setting that a provider can't be told: left out with a warning, or refused. `x-crossbatch-translation` says it for one request.",
    ),
  pollSeconds: seconds(0.05, 3600)
    .default(15)
    .describe("How long a provider's last word on a batch is good enough."),
  shutdownGraceSeconds: seconds(0, 3600)
    .default(30)
    .describe("How long requests and background work may go on after a signal to stop."),
  log: logSchema,
  limits: limitsSchema,
  retention: retentionSchema,
  s3: s3Schema,
  providers: providersSchema,
});

/** What a program gives, defaults left out. An entry of a provider is checked when it is read: its `kind` says what it may hold. */
export type ConfigInput = Omit<z.input<typeof configSchema>, "providers"> & {
  readonly providers?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
};

export type Config = DeepReadonly<z.infer<typeof configSchema>>;

type DeepReadonly<Value> = Value extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: DeepReadonly<Value[Key]> }
    : Value;

export function createConfig(input: ConfigInput = {}): Config {
  return configSchema.parse(input);
}

function publicUrl() {
  return z.union([z.literal("relative"), httpUrl()], {
    error: "must be an http:// or https:// address without user, query and fragment, or relative",
  });
}

function databaseUrl() {
  return text()
    .refine((value) => ["postgres:", "postgresql:"].includes(URL.parse(value)?.protocol ?? ""), {
      error:
        "must be like postgres://user:password@host/database, or left out for the embedded database",
    })
    .nullable()
    .default(null)
    .meta({
      description: "`postgres://…` of a PostgreSQL database; null: embedded SQLite in `data_dir`.",
      secret: true,
    });
}
