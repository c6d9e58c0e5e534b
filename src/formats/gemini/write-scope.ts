import type { WriteContext } from "../../core/write-context.ts";
import type { OwnExtras } from "./own-extras.ts";

/** What the writers of one request's or one answer's parts share. */
export interface WriteScope {
  readonly context: WriteContext;
  /** The source was a body of Gemini's: what only Gemini knows goes back, and nothing is checked for it. */
  readonly isOwn: boolean;
  readonly own: OwnExtras;
}
