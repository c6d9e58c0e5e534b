import type { JsonPlace } from "../lib/json-strings.ts";

/** Something that a line names and that may not be its owner's to use. */
export interface Reference {
  /** `account`: a thing of the provider's account that the gateway knows no owner of. */
  readonly kind: "model" | "file" | "s3" | "account";
  readonly name: string;
  /** Where it stands: `body.model`. */
  readonly param: string;
}

/** The model itself, those that a host may fall back to, and those of tools that call models. */
const MODELS: readonly JsonPlace[] = [
  ["model"],
  ["models", null],
  ["fallbacks", null],
  ["fallbacks", null, "model"],
  ["tools", null, "model"],
];

/** https://platform.openai.com/docs/api-reference, https://platform.claude.com/docs/en/api, https://ai.google.dev/api */
const FILES: ReadonlySet<string> = new Set(["file_id", "fileid", "file_ids", "fileids"]);
const FILE_URIS: ReadonlySet<string> = new Set(["file_uri", "fileuri"]);
const URIS: ReadonlySet<string> = new Set(["uri", "url", "s3uri", "s3_uri", "file_uri", "fileuri"]);
const ACCOUNTS: ReadonlySet<string> = new Set([
  "audio.id",
  "cached_content",
  "cachedcontent",
  "container",
  "container.id",
  "container_id",
  "conversation",
  "conversation.id",
  "file_search_store_names",
  "filesearchstorenames",
  "guardrailidentifier",
  "previous_response_id",
  "prompt.id",
  "tunnel_id",
  "user_profile_id",
  "vector_store_ids",
  "voice.id",
]);

/** Skills that providers have for everyone are plain words, `pptx`; those that an account made have ids with digits. */
const SKILL = "skill_id";
const PUBLIC_SKILL = /^[a-z]+(?:-[a-z]+)*$/;

/** What people's own data stand under: arguments of tools and their schemas may have any keys. */
const OWN_DATA: ReadonlySet<string> = new Set([
  "args",
  "arguments",
  "input",
  "input_schema",
  "inputschema",
  "json",
  "metadata",
  "parameters",
  "response",
  "schema",
]);
/** `input` is also where OpenAI's Responses have their messages, right below the body. */
const OWN_DATA_FROM = 3;

/** What the string at a place of a line names, if anything. Some hosts read keys in letters of either case. */
export function referenceAt(
  place: JsonPlace,
  value: () => string,
  bodyKeys: ReadonlySet<string>,
): Reference | null {
  const keys = place.map((key) => key?.toLowerCase() ?? null);
  const [body, ...inside] = keys;
  if (body === undefined || body === null || !bodyKeys.has(body)) return null;
  const named = (kind: Reference["kind"], name: string) => ({ kind, name, param: toPath(place) });
  // Labels of people's own, whatever they are called.
  if (inside[0] === "metadata") return null;
  if (MODELS.some((model) => isSame(model, inside))) return named("model", value());
  if (keys.some((key, at) => at >= OWN_DATA_FROM && key !== null && OWN_DATA.has(key))) return null;
  const [key, parent] = inside.filter((each) => each !== null).toReversed();
  if (key === undefined) return null;
  if (FILES.has(key)) return named("file", value());
  if (ACCOUNTS.has(key) || ACCOUNTS.has(`${parent}.${key}`)) return named("account", value());
  if (key === SKILL) return PUBLIC_SKILL.test(value()) ? null : named("account", value());
  if (!URIS.has(key)) return null;
  const uri = value();
  if (/^\s*s3:/i.test(uri)) return named("s3", uri);
  const file = FILE_URIS.has(key) ? fileOfUri(uri) : null;
  return file === null ? null : named("file", file);
}

/** `files/abc` of an address at the provider; null for what is anyone's to read on the web. */
function fileOfUri(uri: string): string | null {
  const own = /^(?:https?:\/\/[^?#%\\]+\/)?(files\/[\w-]+)$/i.exec(uri);
  if (own !== null && !uri.includes("..")) return own[1] ?? uri;
  const isWeb = /^https?:\/\//i.test(uri) && !/files(?:\/|%2f)|%/i.test(uri);
  return isWeb ? null : uri;
}

function isSame(one: JsonPlace, other: JsonPlace): boolean {
  return one.length === other.length && one.every((key, at) => key === other[at]);
}

/** As people write it: `body.tools[].model`. */
export function toPath(place: JsonPlace): string {
  return place
    .map((key) => key ?? "[]")
    .join(".")
    .replaceAll(".[]", "[]");
}
