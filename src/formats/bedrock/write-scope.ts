import type { Extra } from "../../core/chat-request.ts";
import type { JsonPath } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import type { DocumentNames } from "./document-names.ts";
import type { BedrockModel } from "./model-family.ts";

/** What the writers of one request's parts share. */
export interface WriteScope {
  readonly context: WriteContext;
  readonly model: BedrockModel;
  /** The request was Bedrock's own: what only some of its models know may go back to them. */
  readonly isOwn: boolean;
  /** Nova's own bodies have less than Converse's. */
  readonly body: "converse" | "nova";
  readonly documentNames: DocumentNames;
  /** Blocks of the source's that the hub has no word for, by their places. */
  readonly ownBlocks: ReadonlyMap<JsonPath, Extra>;
  readonly cachePoints: CachePoints;
}

/** A request may mark at most four places. */
interface CachePoints {
  left: number;
}
