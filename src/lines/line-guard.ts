import { z } from "zod";
import type { Batch, BatchError } from "../core/batch.ts";
import type { Client } from "../core/client.ts";
import { isModelAllowed, modelRefusal } from "../core/grant.ts";
import type { JsonObject } from "../core/json.ts";
import type { Provider } from "../core/provider.ts";
import { isWithin, parseS3Uri } from "../core/s3-uri.ts";
import { formats } from "../formats/formats.ts";
import { walkStrings } from "../lib/json-strings.ts";
import { ItemReferences } from "./item-references.ts";
import { type Reference, referenceAt } from "./line-references.ts";

const schema = z.object({
  models: z.array(z.string()).nullable(),
  s3: z.array(z.string()),
});

/** What a tenant's lines may name, remembered with their batch: its key may be gone before they are sent. */
type Terms = z.infer<typeof schema>;

export function guardOption({ grant, s3 }: Pick<Client, "grant" | "s3">): JsonObject {
  if (grant === null) return {};
  const models = grant.models === null ? null : [...grant.models];
  return { guard: { models, s3: s3 === "anywhere" ? [] : [...s3] } };
}

/** Null for batches of an open gateway. A guard that can't be read lets nothing pass. */
export function createLineGuard({ options }: Pick<Batch, "options">): LineGuard | null {
  const terms = options["guard"];
  if (terms === undefined) return null;
  return new LineGuard(schema.safeParse(terms).data ?? { models: [], s3: [] });
}

/** More than that can only be meant to get something past the guard, and a list of it would fill the memory. */
const MAX_NAMES = 10_000;
const MAX_ERRORS = 100;
const BODY_KEYS: ReadonlySet<string> = new Set(
  Object.values(formats).map(({ requestLine }) => requestLine.bodyPath.toLowerCase()),
);

interface Found {
  readonly line: number;
  readonly param: string;
}

export interface GuardCheck {
  readonly provider: Pick<Provider, "name" | "modelPrefix">;
  /** Of the batch: for lines that name none. */
  readonly model: string | null;
  /** Of these ids of files, those that are no file of the lines' owner. */
  strangers(ids: readonly string[]): Promise<ReadonlySet<string>>;
}

/** Sees every line of a tenant's batch before any is sent. */
export class LineGuard {
  readonly #terms: Terms;
  readonly #names = {
    model: new Map<string, Found>(),
    file: new Map<string, Found>(),
    s3: new Map<string, Found>(),
    account: new Map<string, Found>(),
  };
  readonly #errors: BatchError[] = [];
  #firstWithoutModel: number | null = null;
  #isFull = false;

  constructor(terms: Terms) {
    this.#terms = terms;
  }

  add(line: Buffer, number: number): void {
    if (!isJson(line)) {
      this.#refuse({
        code: "invalid_json_line",
        message: "This line is not valid JSON.",
        param: null,
        line: number,
      });
      return;
    }
    let hasModel = false;
    const items = new ItemReferences(BODY_KEYS, (reference) => this.#note(reference, number));
    walkStrings(
      line,
      (place, value) => {
        items.string(place, value);
        const reference = referenceAt(place, value, BODY_KEYS);
        if (reference === null) return;
        hasModel ||= reference.kind === "model";
        this.#note(reference, number);
      },
      items,
    );
    if (!hasModel) this.#firstWithoutModel ??= number;
  }

  /** Everything that the lines may not name. */
  async errors(check: GuardCheck): Promise<readonly BatchError[]> {
    const { model, file, s3, account } = this.#names;
    for (const [name, found] of model) {
      if (isModelAllowed(this.#terms.models, check.provider, name)) continue;
      this.#refuse({ code: "model_not_allowed", message: modelRefusal(name), ...found });
    }
    if (this.#terms.models !== null && check.model === null && this.#firstWithoutModel !== null) {
      this.#refuse({
        code: "model_not_allowed",
        message: "This line names no model, and this key may only use certain ones: name one.",
        param: "body.model",
        line: this.#firstWithoutModel,
      });
    }
    const strangers = await check.strangers([...file.keys()]);
    for (const [id, found] of file) {
      if (!strangers.has(id)) continue;
      const message = `No such File object: ${id.slice(0, 80)}`;
      this.#refuse({ code: "file_not_found", message, ...found });
    }
    for (const [uri, found] of s3) {
      if (this.#isOwnPlace(uri)) continue;
      const message = `This key may not use ${JSON.stringify(uri.slice(0, 200))}.`;
      this.#refuse({ code: "s3_location_not_allowed", message, ...found });
    }
    for (const [id, found] of account) {
      const message = `'${id.slice(0, 80)}' lies in an account that several keys may share, so lines can't name it.`;
      this.#refuse({ code: "reference_not_allowed", message, ...found });
    }
    if (this.#isFull) {
      const message = `The lines name more than ${MAX_NAMES} models or files.`;
      this.#refuse({ code: "too_many_references", message, param: null, line: null });
    }
    return this.#errors;
  }

  #note({ kind, name, param }: Reference, line: number): void {
    const names = this.#names[kind];
    if (names.has(name)) return;
    if (names.size >= MAX_NAMES) this.#isFull = true;
    else names.set(name, { line, param });
  }

  #isOwnPlace(uri: string): boolean {
    try {
      const location = parseS3Uri(uri);
      return this.#terms.s3.some((own) => isWithin(location, parseS3Uri(own)));
    } catch {
      return false;
    }
  }

  #refuse(error: BatchError): void {
    if (this.#errors.length < MAX_ERRORS) this.#errors.push(error);
  }
}

function isJson(line: Buffer): boolean {
  try {
    JSON.parse(line.toString("utf8"));
    return true;
  } catch {
    return false;
  }
}
