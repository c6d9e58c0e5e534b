import type { Readable } from "node:stream";
import type { Batch } from "./batch.ts";
import type { ByteRange } from "./blobs.ts";
import type { Client } from "./client.ts";
import type { StoredFile, Upload, UploadPart } from "./file.ts";
import type { FormatName } from "./format.ts";
import type { JsonObject } from "./json.ts";
import type { ServerEvent, UpstreamModel } from "./provider.ts";

/** One request of a client, as every operation needs it. */
export interface Call {
  readonly client: Client;
  /** The dialect that asks, and the family whose native ids it may be shown. */
  readonly dialect: string;
  readonly format: FormatName;
  /** The dialect's own provider, for when nothing else names one. */
  readonly defaultProvider: string;
  /** The provider that the request named, in a header, body, form or query: all that were said. */
  readonly namedProviders: readonly string[];
  /** The request's headers, lower case; only those that a provider forwards are used. */
  readonly headers: Readonly<Record<string, string>>;
  /** The gateway parameters of a request that makes nothing: where a list's storage is. Checked by the operations. */
  readonly options: JsonObject;
  readonly signal: AbortSignal;
}

/** Bytes received and durable, not yet anyone's File. */
export interface ReceivedContent {
  readonly blob: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly lines: number;
}

export interface CreateFile {
  readonly content: ReceivedContent;
  readonly filename: string;
  readonly purpose: string;
  readonly mimeType: string;
  readonly expiresAfterSeconds: number | null;
  /** Known gateway parameters that came along: `storage_config`, … */
  readonly options: JsonObject;
}

/** What is known of a create before the bytes are there. */
export interface FileIntent {
  readonly call: Call;
  readonly purpose: string;
}

export interface CreateUpload {
  readonly filename: string;
  readonly purpose: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly expiresAfterSeconds: number | null;
  readonly options: JsonObject;
}

export interface CompleteUpload {
  readonly partIds: readonly string[];
  /** Hex. */
  readonly md5: string | null;
}

/** Where a batch's lines are: in a file, or come with the create and stored already, a line each. */
export type BatchInput =
  | { readonly kind: "file"; readonly id: string }
  | { readonly kind: "content"; readonly content: ReceivedContent };

export interface CreateBatch {
  readonly input: BatchInput;
  readonly endpoint: string;
  readonly completionWindow: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly outputExpiresAfterSeconds: number | null;
  readonly model: string | null;
  readonly options: JsonObject;
}

/** One request to a model, answered at once. */
export interface CreateChat {
  /** `/v1/chat/completions`; Anthropic's Messages are chats too. */
  readonly endpoint: string;
  readonly model: string;
  /** As `Submission.variant`. */
  readonly variant: string | null;
  /** In the call's own format, without what is the gateway's. */
  readonly body: JsonObject;
  /** The same as it was written. */
  readonly text: string;
  readonly streams: boolean;
}

export interface ChatAnswer {
  readonly provider: string;
  /** The provider's own id of the call. */
  readonly requestId: string | null;
  /** What could not be said to the provider, and was left out. */
  readonly warnings: readonly { readonly field: string; readonly reason: string }[];
  readonly answer:
    | {
        readonly kind: "whole";
        /** Other than a 2xx only for an error in the words of the call's own family. */
        readonly status: number;
        readonly retryAfterSeconds: number | null;
        /** JSON text in the call's own format. */
        readonly body: string;
      }
    /** In the call's own format; throws `GatewayError` where the answer broke off. */
    | { readonly kind: "events"; readonly events: AsyncIterable<ServerEvent> };
}

export interface CountTokens extends CreateChat {
  /** As it was written: `body` and `text` have beside that what only an answer needs. */
  readonly written: string;
}

export interface TokenCount extends Omit<ChatAnswer, "answer"> {
  readonly answer:
    | Extract<ChatAnswer["answer"], { readonly kind: "whole" }>
    | { readonly kind: "counted"; readonly inputTokens: number };
}

/** A model that can be asked for by this id. */
export interface ListedModel {
  readonly id: string;
  readonly provider: string;
  readonly format: FormatName;
  readonly model: UpstreamModel;
}

export interface Page<Row> {
  readonly items: readonly Row[];
  readonly hasMore: boolean;
}

/** `after` is any id of an object that the client may see; an unknown one is `invalid_request` with param `after`. */
export interface ListPage {
  readonly after: string | null;
  readonly limit: number;
  readonly order: "asc" | "desc";
  readonly purpose?: string;
  readonly model?: string;
}

export interface FileContent {
  readonly file: StoredFile;
  /** What the stream holds: the whole, or the range asked for. */
  readonly range: ByteRange | null;
  /** The size of the whole; null where only its end tells. */
  readonly bytes: number | null;
  readonly stream: Readable;
}

/** What the client asked of a range, before the size is known: `bytes=0-99`, `bytes=100-`, `bytes=-5`. */
export interface RangeRequest {
  readonly start: number | null;
  readonly end: number | null;
}

/** A batch with the files it names, so that a dialect can render their public ids. */
export interface BatchView {
  readonly batch: Batch;
  readonly input: FileRef | null;
  readonly output: FileRef | null;
  readonly error: FileRef | null;
}

/** What `publicId` needs of a file; it may be deleted by now. */
export interface FileRef extends Pick<StoredFile, "id" | "native"> {
  /** An id that is shown as it is: of something that has no row here. */
  readonly given?: string;
}

export interface UploadView {
  readonly upload: Upload;
  readonly file: StoredFile | null;
}

/** The operations that every dialect renders. All throw `GatewayError`; what isn't the client's is `not_found`. */
export interface Gateway {
  /** Throws if the call names a provider that there isn't, or several: said before a long body has arrived. */
  checkProvider(call: Call): void;

  /**
   * Streams bytes to durable storage, counting and hashing. What becomes no File is discarded. `intent`: what is known of the File by
   * now, for work that can be done while the bytes arrive.
   */
  receive(
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
    intent?: FileIntent | null,
  ): Promise<ReceivedContent>;
  discard(content: ReceivedContent): Promise<void>;

  createFile(call: Call, file: CreateFile): Promise<StoredFile>;
  listFiles(call: Call, page: ListPage): Promise<Page<StoredFile>>;
  retrieveFile(call: Call, id: string): Promise<StoredFile>;
  deleteFile(call: Call, id: string): Promise<StoredFile>;
  /** `range_not_satisfiable` if the range lies outside. */
  openFile(call: Call, id: string, range?: RangeRequest): Promise<FileContent>;

  createUpload(call: Call, upload: CreateUpload): Promise<Upload>;
  addUploadPart(call: Call, id: string, content: ReceivedContent): Promise<UploadPart>;
  completeUpload(call: Call, id: string, parts: CompleteUpload): Promise<UploadView>;
  cancelUpload(call: Call, id: string): Promise<Upload>;

  createBatch(call: Call, batch: CreateBatch): Promise<BatchView>;
  listBatches(call: Call, page: ListPage): Promise<Page<BatchView>>;
  retrieveBatch(call: Call, id: string): Promise<BatchView>;
  cancelBatch(call: Call, id: string): Promise<BatchView>;
  /** With its results and inline requests; `invalid_request` while it runs. An input file that was uploaded stays. */
  deleteBatch(call: Call, id: string): Promise<BatchView>;
  /** Its results in the call's own format; `not_found` before there are any. */
  openResults(call: Call, id: string): Promise<BatchResults>;

  chat(call: Call, chat: CreateChat): Promise<ChatAnswer>;
  countTokens(call: Call, request: CountTokens): Promise<TokenCount>;
  /** Of the provider that is named; else of all that can be asked, those that aren't the dialect's own under `provider/…`. */
  listModels(call: Call): Promise<readonly ListedModel[]>;
  retrieveModel(call: Call, id: string): Promise<ListedModel>;
}

export interface BatchResults {
  readonly batch: Batch;
  /** One line for each input line, in any order, each ended by a line feed. */
  readonly stream: Readable;
}

/** The id of an object that a dialect shows: its native one where dialect and provider are of one family, else ours in `dress`. */
export function publicId(object: FileRef, format: FormatName, dress: string): string {
  if (object.given !== undefined) return object.given;
  return object.native !== null && object.native.format === format
    ? object.native.id
    : `${dress}${object.id}`;
}
