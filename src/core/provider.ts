import type { Readable } from "node:stream";
import type { BatchError, BatchTimes, Counts, JobRef, Usage } from "./batch.ts";
import type { ByteRange } from "./blobs.ts";
import type { Access } from "./client.ts";
import type { FormatName } from "./format.ts";
import type { JsonObject } from "./json.ts";

export interface ProviderLimits {
  readonly minLines: number;
  readonly maxLines: number;
  readonly maxBytes: number;
  readonly oneModel: boolean;
  readonly windowHours: number;
}

/** One of several configured keys of a provider. */
export interface ProviderKey {
  readonly name: string;
  /** A secret. */
  readonly key: string;
  /** Patterns of the models that it is for; null: all. */
  readonly models: readonly string[] | null;
  /** Its share of what is new, beside the weights of the others. */
  readonly weight: number;
}

/** What we speak to upstream. Facts that need no account are here; everything else is on the `Upstream` of an account. */
export interface Provider {
  readonly name: string;
  readonly format: FormatName;
  readonly limits: ProviderLimits;
  /** The key that configuration gives, or null: then the client's own is passed through. */
  readonly configuredKey: string | null;
  /** Further keys that configuration gives, each an account of its own. */
  readonly namedKeys?: readonly ProviderKey[];
  /** Whether a client's own key may be sent there when none is configured. */
  readonly passThrough: boolean;
  /** Whether files of any purpose but a batch's input can be kept there, so that an upload is copied at once. */
  readonly keepsFiles: boolean;
  /** Whether a batch's input is a file there, sent before its job is made; else the lines go in the call that makes it. */
  readonly takesInputFiles: boolean;
  /** Whether it has a batch API; else, and below `limits.minLines` where `belowMinimum` says so, lines are run one by one. */
  readonly hasBatches: boolean;
  readonly belowMinimum: "direct" | "reject";
  /** Whether files there may be anyone's, in any format (S3): such a one is read here before it is used. */
  readonly hasForeignFiles: boolean;
  /** What ids that it gives look like; where they can be no one else's, they name the provider. */
  readonly nativeIds: { readonly file: RegExp | null; readonly batch: RegExp | null };
  /** `anthropic` of `anthropic/claude-…`, taken off models that are sent there; null: models there may truly be named so. */
  readonly modelPrefix: string | null;
  /** Request headers of clients that travel on to this provider, lower case. */
  readonly forwardedHeaders: readonly string[];
  /**
   * The provider as one account sees it. Cheap: called for each use. `options` are the gateway parameters of the request, or
   * of the row it left (`storage_config`, `output_s3_uri`): where and how, for providers to which that means something.
   * Throws `GatewayError` where they make no sense there.
   */
  connect(access: Access, options: JsonObject): Upstream;
}

export interface Upstream {
  /** Sends the Part. A `GatewayError` with `notSent` proves that nothing was created; after any other error use `find`. */
  submit(part: Submission, signal: AbortSignal): Promise<JobRef>;
  /**
   * As `submit`, of lines that are still made: nobody knows how many there will be, and their stream ends when they may be acted
   * upon. Tried once, for they are given once. Left out where a request that was cut off could make something.
   */
  submitEarly?(part: UncountedSubmission, signal: AbortSignal): Promise<JobRef>;
  /**
   * The job that carries the Part's token, or that can only be the Part's where a provider takes no token; `absent` only
   * where the provider proves it.
   */
  find(part: Submission, signal: AbortSignal): Promise<FoundJob>;
  poll(job: JobRef, signal: AbortSignal): Promise<JobReport>;
  /** The raw results; nothing is fetched before a part is opened. */
  collect(job: JobRef, signal: AbortSignal): AsyncIterable<ResultPart>;
  /** Asks for the end. No error if it has ended already. */
  cancel(job: JobRef, signal: AbortSignal): Promise<void>;
  readonly files?: UpstreamFiles;
  readonly jobs?: UpstreamJobs;
  readonly calls?: SynchronousCalls;
  readonly models?: UpstreamModels;
  readonly tokens?: TokenCounter;
}

/** What a request would be charged for as its input, counted without an answer. */
export interface TokenCounter {
  /** As `SynchronousCalls.send`; `body` is the request that would be sent there. */
  count(request: SynchronousRequest, signal: AbortSignal): Promise<SynchronousAnswer>;
  /** What the answer to a count says; null if it says nothing. */
  parse(answer: string): number | null;
}

export interface UpstreamModels {
  /** All there are, in the provider's own order. */
  list(signal: AbortSignal): Promise<readonly UpstreamModel[]>;
}

export interface UpstreamModel {
  /** As requests name it. */
  readonly id: string;
  readonly displayName: string | null;
  readonly owner: string | null;
  readonly createdAtSeconds: number | null;
  /** As the provider's list shows it, for readers of its own family. */
  readonly native: JsonObject;
}

/** One request answered at once: for lines that are run one by one, and for clients that don't want a batch. */
export interface SynchronousCalls {
  /** Whatever the provider answers, errors included; throws `GatewayError` only where no answer came. Never sent twice. */
  send(request: SynchronousRequest, signal: AbortSignal): Promise<SynchronousAnswer>;
  /** The answer piece by piece; one that isn't a 2xx comes whole. */
  stream(
    request: SynchronousRequest,
    signal: AbortSignal,
  ): Promise<SynchronousAnswer | StreamedAnswer>;
}

export interface SynchronousRequest {
  /** `/v1/chat/completions`: as `Submission.endpoint`. */
  readonly endpoint: string;
  /** Where the provider's URL names it, not the body; null if nobody named one. */
  readonly model: string | null;
  readonly variant: string | null;
  /** JSON text, in the provider's format. */
  readonly body: string;
}

export interface SynchronousAnswer {
  readonly kind: "whole";
  readonly status: number;
  readonly requestId: string | null;
  readonly retryAfterSeconds: number | null;
  /** JSON text in the provider's format; of an error its own words. */
  readonly body: string;
}

export interface StreamedAnswer {
  readonly kind: "events";
  readonly status: number;
  readonly requestId: string | null;
  /** The provider's own events, in order; ends with an error if the stream was cut off. */
  readonly events: AsyncIterable<ServerEvent>;
}

/** As in server-sent events; Bedrock's binary ones carry the same. */
export interface ServerEvent {
  readonly event: string | null;
  readonly data: string;
}

export type FoundJob =
  /** A guess where the provider takes no token, and it is the only one that can be the Part's. */
  | { readonly kind: "found"; readonly job: JobRef; readonly isGuess?: boolean }
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" };

/** A Part as a provider needs it. */
export interface Submission {
  /** The Part's id, `[a-z0-9]`, at most 32 characters: travels in whatever the provider offers. */
  readonly token: string;
  readonly endpoint: string;
  /** As the provider names it; null where lines name theirs, and may name several. */
  readonly model: string | null;
  /** Where one model takes several bodies: Bedrock's `InvokeModel` or `Converse`. */
  readonly variant: string | null;
  readonly lines: number;
  /** Of `open`'s stream. */
  readonly bytes: number;
  /** The input in the provider's format, a line each, from the start; for providers that take it inline. */
  open(signal: AbortSignal): Promise<Readable>;
  /** The provider's id of the input, for providers that keep files. */
  readonly inputNativeId: string | null;
  /** True if that copy serves this Part alone, so that a job can be found by it. */
  readonly ownInput: boolean;
  readonly completionWindow: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly options: JsonObject;
  /** When the token was committed, in milliseconds: no job of this Part is older. */
  readonly submittingAt: number;
  /** Whether a job is known to be another Part's; for providers at which `find` can only guess. */
  isTaken?(jobId: string): Promise<boolean>;
}

/** A Part whose lines are still made. */
export interface UncountedSubmission extends Omit<Submission, "lines" | "bytes" | "open"> {
  open(signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
}

/** A state that a provider adds tomorrow reads as `running`: it must not end a batch early. */
export type JobReport =
  | {
      readonly kind: "running";
      readonly state: "validating" | "in_progress" | "finalizing" | "cancelling";
      readonly nativeState: string;
      readonly counts: Counts | null;
      readonly times: Partial<BatchTimes>;
      readonly model: string | null;
    }
  | {
      readonly kind: "ended";
      readonly outcome: "completed" | "failed" | "expired" | "cancelled";
      readonly nativeState: string;
      readonly counts: Counts | null;
      readonly usage: Usage | null;
      readonly errors: readonly BatchError[];
      readonly times: Partial<BatchTimes>;
      readonly model: string | null;
      /** Ids of result files at the provider, so that they can be named before they are collected. */
      readonly outputNativeId: string | null;
      readonly errorNativeId: string | null;
      /** The provider has none, or no longer. Left out: only of what failed. */
      readonly hasNoResults?: boolean;
      /** A quota was full, so that nothing ran: the Part may be sent again, as a new job. */
      readonly isOverQuota?: boolean;
    };

export interface ResultPart {
  readonly role: "output" | "error";
  readonly nativeId: string | null;
  open(signal: AbortSignal): Promise<Readable>;
}

export interface UpstreamFile {
  readonly id: string;
  readonly filename: string;
  readonly purpose: string;
  readonly mimeType: string | null;
  readonly bytes: number;
  readonly createdAt: number;
  readonly expiresAt: number | null;
  /** Whether the provider gives its bytes back, where it says so. */
  readonly isReadable?: boolean;
}

export interface FileToSend {
  readonly filename: string;
  readonly purpose: string;
  readonly mimeType: string;
  readonly bytes: number;
  readonly expiresAfterSeconds: number | null;
  /** The bytes, from the start or a part of them; may be called again for a retry. */
  open(signal: AbortSignal, range?: ByteRange): Promise<Readable>;
}

export interface UpstreamPage<Item> {
  readonly items: readonly Item[];
  /** Where the next page begins, in the provider's own terms; null at the end. */
  readonly next: string | null;
}

interface UpstreamQuery {
  /** A `next` of the page before, or the id of the item after which to begin. */
  readonly after: string | null;
  readonly limit: number;
}

export interface UpstreamFiles {
  upload(file: FileToSend, signal: AbortSignal): Promise<UpstreamFile>;
  retrieve(id: string, signal: AbortSignal): Promise<UpstreamFile>;
  /** Newest first. */
  list(query: UpstreamQuery, signal: AbortSignal): Promise<UpstreamPage<UpstreamFile>>;
  open(id: string, signal: AbortSignal, range?: ByteRange): Promise<Readable>;
  /** Gone afterwards; no error if it wasn't there. */
  delete(id: string, signal: AbortSignal): Promise<void>;
}

/** A job as the provider's own list shows it. */
export interface UpstreamJob {
  readonly job: JobRef;
  readonly report: JobReport;
  readonly endpoint: string;
  readonly inputNativeId: string | null;
  readonly completionWindow: string;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly createdAt: number;
  readonly expiresAt: number | null;
}

export interface UpstreamJobs {
  retrieve(id: string, signal: AbortSignal): Promise<UpstreamJob>;
  /** Newest first. */
  list(query: UpstreamQuery, signal: AbortSignal): Promise<UpstreamPage<UpstreamJob>>;
  /** Removes a job that has ended, with its results, where the provider can; no error if it wasn't there. */
  delete?(job: JobRef, signal: AbortSignal): Promise<void>;
}
