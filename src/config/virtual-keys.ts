import { z } from "zod";
import type { KeyTerms } from "../core/keys.ts";
import { s3Uri, text, wholeNumber } from "./values.ts";

const MOST = Number.MAX_SAFE_INTEGER;

/** Names stand in lists, in the audit log and in S3 paths. */
function identifier(what: string) {
  return text().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
    error: `must be ${what} of at most 64 letters, digits, dots, - and _, with a letter or digit first`,
  });
}

function keyName() {
  return identifier("a name");
}

/** `client-…` and `shared` are the owners of an open gateway. */
function ownerName() {
  return identifier("an owner's name").refine(
    (owner) => owner !== "shared" && !owner.startsWith("client-"),
    { error: "must not be `shared` and not begin with `client-`, which mean other owners" },
  );
}

function timeText() {
  return z.iso
    .datetime({ offset: true, error: "must be a time such as 2027-01-31T00:00:00Z" })
    .transform((value) => Date.parse(value));
}

function listOf<Schema extends z.ZodType>(item: Schema) {
  return z.array(item, { error: "must be a list" });
}

function limit(description: string) {
  return wholeNumber(1, MOST).nullable().default(null).describe(description);
}

export const virtualKeySchema = z.strictObject({
  name: keyName().describe("Names the key in lists and in the audit log."),
  key: z
    .string({ error: "must be a text" })
    .regex(/^[\x21-\x7e]{8,512}$/, { error: "must be 8 to 512 characters without spaces" })
    .meta({
      description: "What clients send as their key; `${NAME}` keeps it out of the file.",
      secret: true,
    }),
  owner: ownerName()
    .nullable()
    .default(null)
    .describe(
      "Whose files and batches the key's clients see: keys of one owner share theirs. Null: the key's name.",
    ),
  providers: listOf(text())
    .nullable()
    .default(null)
    .describe("The providers that it may use; null: all."),
  models: listOf(text())
    .nullable()
    .default(null)
    .describe(
      "The models that it may use, in every line: names as the provider has them, `*` for any characters, with or without `provider/` before; null: all.",
    ),
  s3: listOf(s3Uri())
    .default([])
    .describe(
      "Below which `s3://bucket/prefix` its clients may name locations, beside their own folder of the default one.",
    ),
  requestsPerMinute: limit("Requests that each replica takes in a minute."),
  linesPerDay: limit("Lines of the batches that it may create on a day (UTC)."),
  bytesPerDay: limit("Bytes of files and inline requests that it may send on a day (UTC)."),
  concurrentBatches: limit("Batches that may be unfinished at one time."),
  expiresAt: timeText()
    .nullable()
    .default(null)
    .describe("When it ends: a time such as `2027-01-31T00:00:00Z`; null: never."),
});

/** Of a key that the gateway makes itself. */
export const keyTermsSchema = virtualKeySchema.omit({ key: true });

type Settings = z.output<typeof keyTermsSchema>;

/** As the schema gives it, read only. */
type KeyEntry = Omit<Settings, "providers" | "models" | "s3"> &
  Pick<KeyTerms, "providers" | "models" | "s3">;

/** The owner of a key is its name where none is given. */
export function toTerms(entry: KeyEntry): KeyTerms {
  const { name, owner, providers, models, s3, expiresAt } = entry;
  const { requestsPerMinute, linesPerDay, bytesPerDay, concurrentBatches } = entry;
  const limits = { requestsPerMinute, linesPerDay, bytesPerDay, concurrentBatches };
  return { name, owner: owner ?? name, providers, models, s3, expiresAt, limits };
}

export const virtualKeysSchema = z
  .array(virtualKeySchema, { error: "must be a list of keys" })
  .default([])
  .meta({
    description:
      "Keys of the gateway's own. Where there is one, here or made by `crossbatch keys create`, only such keys open the gateway.",
    secret: true,
    fileOnly: true,
  });

/** What the schema of one key alone can't see. */
export function virtualKeyProblems(values: Readonly<Record<string, unknown>>): string[] {
  const keys = virtualKeysSchema.safeParse(values["virtualKeys"]).data ?? [];
  const names = keys.map(({ name }) => name);
  const problems = [...new Set(names.filter((name, at) => names.indexOf(name) !== at))].map(
    (name) => `virtual_keys has two keys named ${name}; each needs a name of its own`,
  );
  if (new Set(keys.map(({ key }) => key)).size < keys.length) {
    problems.push("virtual_keys has one key twice; each entry needs a key of its own");
  }
  const known = new Set([...BUILT_IN, ...Object.keys(Object(values["providers"]))]);
  for (const { name, providers } of keys) {
    const unknown = (providers ?? []).filter((provider) => !known.has(provider));
    if (unknown.length === 0) continue;
    problems.push(
      `virtual_keys: ${name} names no provider there is: ${unknown.join(", ")}; there are ${[...known].join(", ")}`,
    );
  }
  return problems;
}

const BUILT_IN = ["openai", "anthropic", "gemini", "bedrock"] as const;
