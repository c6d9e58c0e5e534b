import { type ChatField, isNeutral, type Support } from "../core/chat-fields.ts";
import type { ChatRequest } from "../core/chat-request.ts";
import type { EmbeddingField, EmbeddingRequest } from "../core/embeddings.ts";
import type { ChatCodec, EmbeddingCodec } from "../core/format.ts";
import type { WriteContext } from "../core/write-context.ts";

/**
 * Warns of, or refuses, what the target's tables say it can't say. Called before `writeRequest`, so that no writer can
 * forget a field.
 */
export function reportUnsaid(request: ChatRequest, codec: ChatCodec, context: WriteContext): void {
  reportExtras(request, codec, context);
  for (const field of unsaidFields(codec)) {
    const value = request[field];
    if (value === undefined || isNeutral(field, value)) continue;
    reportField(field, codec.support.fields[field], context);
  }
}

export function reportUnsaidEmbedding(
  request: EmbeddingRequest,
  codec: EmbeddingCodec,
  context: WriteContext,
): void {
  reportExtras(request, codec, context);
  for (const field of unsaidEmbeddingFields(codec)) {
    if (request[field] !== undefined) reportField(field, codec.support.fields[field], context);
  }
  for (const input of request.inputs) {
    if (codec.support.inputs[input.kind] === "refused") {
      throw context.untranslatable(input.at, `${input.kind} can't be embedded by the target`);
    }
  }
}

function reportExtras(
  request: ChatRequest | EmbeddingRequest,
  codec: ChatCodec | EmbeddingCodec,
  context: WriteContext,
): void {
  const isOwn = request.family === codec.family;
  for (const extra of request.extras) {
    if (isOwn && codec.takesExtra?.(extra) === true) continue;
    if (extra.isEssential) {
      throw context.untranslatable(extra.path, `has no equivalent in ${codec.name}`);
    }
    context.warn(extra.path, `has no equivalent in ${codec.name}`);
  }
}

function reportField(
  field: ChatField | EmbeddingField,
  support: Support,
  context: WriteContext,
): void {
  if (support === "refused") throw context.untranslatable(field, "the target can't say it");
  context.warn(field, "the target can't say it");
}

/** The tables never change, so each is read once. */
const chatCache = new WeakMap<ChatCodec, readonly ChatField[]>();
const embeddingCache = new WeakMap<EmbeddingCodec, readonly EmbeddingField[]>();

function unsaidFields(codec: ChatCodec): readonly ChatField[] {
  return remember(chatCache, codec, () => unsaid(codec.support.fields));
}

function unsaidEmbeddingFields(codec: EmbeddingCodec): readonly EmbeddingField[] {
  return remember(embeddingCache, codec, () => unsaid(codec.support.fields));
}

function unsaid<Field extends string>(fields: Readonly<Record<Field, Support>>): readonly Field[] {
  const names: Field[] = [];
  for (const name in fields) {
    if (fields[name] === "warned" || fields[name] === "refused") names.push(name);
  }
  return names;
}

function remember<Key extends object, Value>(
  cache: WeakMap<Key, Value>,
  key: Key,
  create: () => Value,
): Value {
  const known = cache.get(key);
  if (known !== undefined) return known;
  const value = create();
  cache.set(key, value);
  return value;
}
