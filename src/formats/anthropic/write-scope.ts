import type { WriteContext } from "../../core/write-context.ts";
import type { CacheWriter } from "./cache-breakpoints.ts";
import type { ClaudeModel } from "./claude-models.ts";
import type { OwnExtras } from "./own-extras.ts";

/** What the writers of one request's parts share. */
export interface WriteScope {
  readonly context: WriteContext;
  readonly model: ClaudeModel;
  readonly writeCacheOf: CacheWriter;
  readonly own: OwnExtras | null;
}
