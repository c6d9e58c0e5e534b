import { type Batch, isTerminal } from "../core/batch.ts";
import type { Database } from "../core/storage.ts";

interface Owner {
  readonly isRunning: boolean;
  /** Whether a client can still fetch results, which may be made of what was kept. */
  readonly hasResults: boolean;
  /** Of a Part: what its row names. */
  readonly raw: ReadonlySet<string>;
}

const NOBODY: Owner = { isRunning: false, hasResults: false, raw: new Set() };

/** Whose the blobs of batches are: the second segment of their keys is the id of a batch, or of a Part. */
export class OwnersOfBlobs {
  readonly #database: Database;
  /** Blobs of one owner come one after another. */
  #last: { readonly id: string; readonly owner: Owner } | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  async isRunning(key: string): Promise<boolean> {
    return (await this.#ownerOf(key)).isRunning;
  }

  /** The lines of Parts are for running batches only, the rest for as long as there are results. */
  async needPrepared(key: string): Promise<boolean> {
    const { isRunning, hasResults } = await this.#ownerOf(key);
    return isRunning || (hasResults && !key.includes("/part-"));
  }

  async needResult(key: string): Promise<boolean> {
    const { isRunning, hasResults, raw } = await this.#ownerOf(key);
    return isRunning || (hasResults && raw.has(key));
  }

  async #ownerOf(key: string): Promise<Owner> {
    const id = key.split("/", 2)[1] ?? "";
    if (this.#last?.id !== id) this.#last = { id, owner: await this.#find(id) };
    return this.#last.owner;
  }

  async #find(id: string): Promise<Owner> {
    const { batches } = this.#database;
    const own = await batches.get(id, "every");
    if (own !== null) return this.#describe(own, []);
    const part = await batches.part(id);
    const batch = part === null ? null : await batches.get(part.batchId, "every");
    if (part === null || batch === null) return NOBODY;
    return this.#describe(
      batch,
      part.results.map(({ blob }) => blob),
    );
  }

  async #describe(batch: Batch, raw: readonly string[]): Promise<Owner> {
    let hasResults = false;
    for (const fileId of [batch.outputFileId, batch.errorFileId]) {
      if (fileId === null) continue;
      hasResults ||= (await this.#database.files.get(fileId, "every")) !== null;
    }
    return { isRunning: !isTerminal(batch.state), hasResults, raw: new Set(raw) };
  }
}
