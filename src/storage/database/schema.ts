import type {
  Batch,
  BatchError,
  BatchNatives,
  BatchState,
  BatchWarning,
  JobRef,
  Part,
  PartPhase,
  PriceTier,
  RawResult,
  Usage,
} from "../../core/batch.ts";
import type { NativeRef, StoredFile, Upload } from "../../core/file.ts";
import type { JsonObject } from "../../core/json.ts";
import type { KeyTerms } from "../../core/keys.ts";
import type { AliasKind, Event } from "../../core/storage.ts";
import type { JsonText } from "./json-text.ts";

/** Every table as Kysely sees it: ids are text, times integer milliseconds. */
export interface Schema {
  readonly files: FileRow;
  readonly file_copies: FileCopyRow;
  readonly uploads: UploadRow;
  readonly upload_parts: UploadPartRow;
  readonly batches: BatchRow;
  readonly parts: PartRow;
  readonly aliases: AliasRow;
  readonly account_keys: AccountKeyRow;
  readonly create_keys: CreateKeyRow;
  readonly virtual_keys: KeyRow;
  readonly key_uses: KeyUseRow;
  readonly key_batches: KeyBatchRow;
  readonly events: EventRow;
  readonly wakes: WakeRow;
}

export interface FileRow {
  readonly id: string;
  readonly owner: string;
  readonly account: string | null;
  readonly dialect: string;
  readonly provider: string;
  readonly origin: StoredFile["origin"];
  readonly native_id: string | null;
  readonly native_format: NativeRef["format"] | null;
  readonly filename: string;
  readonly purpose: string;
  readonly mime_type: string;
  readonly bytes: number;
  readonly sha256: string | null;
  readonly lines: number | null;
  readonly blob: string | null;
  readonly line_index: string | null;
  readonly batch_id: string | null;
  readonly role: StoredFile["role"];
  readonly options_json: JsonText<JsonObject>;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly version: number;
}

export interface FileCopyRow {
  readonly file_id: string;
  readonly provider: string;
  readonly account: string;
  readonly recipe: string;
  readonly native_id: string;
  readonly bytes: number;
  readonly created_at: number;
  readonly expires_at: number | null;
}

export interface UploadRow {
  readonly id: string;
  readonly owner: string;
  readonly account: string | null;
  readonly dialect: string;
  readonly provider: string;
  readonly filename: string;
  readonly purpose: string;
  readonly mime_type: string;
  readonly bytes: number;
  readonly state: Upload["state"];
  readonly file_id: string | null;
  readonly file_expires_after_seconds: number | null;
  readonly options_json: JsonText<JsonObject>;
  readonly created_at: number;
  readonly expires_at: number;
  readonly version: number;
}

export interface UploadPartRow {
  readonly id: string;
  readonly upload_id: string;
  readonly owner: string;
  readonly blob: string;
  readonly bytes: number;
  readonly created_at: number;
}

export interface BatchRow {
  readonly id: string;
  readonly owner: string;
  readonly account: string;
  readonly dialect: string;
  readonly provider: string;
  readonly origin: Batch["origin"];
  readonly native_id: string | null;
  readonly native_format: NativeRef["format"] | null;
  readonly state: BatchState;
  readonly endpoint: string;
  readonly input_file_id: string | null;
  readonly output_file_id: string | null;
  readonly error_file_id: string | null;
  readonly natives_json: JsonText<BatchNatives>;
  readonly model: string | null;
  readonly models_json: JsonText<readonly string[]>;
  readonly mode: Batch["mode"];
  readonly price_tier: PriceTier;
  readonly completion_window: string;
  readonly metadata_json: JsonText<NonNullable<Batch["metadata"]>> | null;
  readonly lines_total: number;
  readonly lines_completed: number;
  readonly lines_failed: number;
  readonly bytes: number;
  readonly usage_json: JsonText<Usage> | null;
  readonly errors_json: JsonText<readonly BatchError[]>;
  readonly warnings_json: JsonText<readonly BatchWarning[]>;
  readonly created_at: number;
  readonly expires_at: number | null;
  readonly submitted_at: number | null;
  readonly in_progress_at: number | null;
  readonly finalizing_at: number | null;
  readonly completed_at: number | null;
  readonly failed_at: number | null;
  readonly expired_at: number | null;
  readonly cancelling_at: number | null;
  readonly cancelled_at: number | null;
  readonly polled_at: number | null;
  readonly parent: string | null;
  readonly selected_lines: string | null;
  readonly options_json: JsonText<JsonObject>;
  readonly version: number;
}

export interface PartRow {
  readonly id: string;
  readonly batch_id: string;
  readonly number: number;
  readonly owner: string;
  readonly account: string;
  readonly dialect: string;
  readonly provider: string;
  readonly endpoint: string;
  readonly model: string | null;
  readonly models_json: JsonText<readonly string[]>;
  readonly mode: Batch["mode"];
  readonly price_tier: PriceTier;
  readonly phase: PartPhase;
  readonly first_line: number;
  readonly lines: number;
  readonly bytes: number;
  readonly input_native_id: string | null;
  readonly job_id: string | null;
  readonly job_data_json: JsonText<JobRef["data"]> | null;
  readonly outcome: Part["outcome"];
  readonly attempts: number;
  readonly lines_total: number;
  readonly lines_completed: number;
  readonly lines_failed: number;
  readonly usage_json: JsonText<Usage> | null;
  readonly errors_json: JsonText<readonly BatchError[]>;
  readonly warnings_json: JsonText<readonly BatchWarning[]>;
  readonly results_json: JsonText<readonly RawResult[]>;
  readonly options_json: JsonText<JsonObject>;
  readonly created_at: number;
  readonly submitting_at: number | null;
  readonly submitted_at: number | null;
  readonly ended_at: number | null;
  readonly collected_at: number | null;
  readonly version: number;
}

export interface AliasRow {
  readonly kind: AliasKind;
  readonly owner: string;
  /** Empty for ids that are ours: a null would never be equal to itself in a unique index. */
  readonly account: string;
  readonly provider: string | null;
  readonly dialect: string | null;
  readonly id: string;
  readonly object_id: string;
  /** Counts the aliases of one kind and id: the newest is the highest. */
  readonly number: number;
}

interface AccountKeyRow {
  readonly account: string;
  readonly provider: string;
  readonly sealed: string;
  readonly created_at: number;
}

export interface CreateKeyRow {
  readonly owner: string;
  readonly key: string;
  readonly fingerprint: string;
  readonly batch_id: string;
  /** 0 or 1. */
  readonly is_repeat: number;
  readonly created_at: number;
  readonly expires_at: number;
}

export interface KeyRow {
  readonly id: string;
  readonly name: string;
  readonly hash: string;
  readonly hint: string;
  readonly terms_json: JsonText<KeyTerms>;
  readonly created_at: number;
  readonly revoked_at: number | null;
}

interface KeyUseRow {
  readonly key_id: string;
  /** Since 1970. */
  readonly day: number;
  readonly lines: number;
  readonly bytes: number;
}

interface KeyBatchRow {
  readonly batch_id: string;
  readonly key_id: string;
}

export interface EventRow {
  readonly id: string;
  readonly at: number;
  readonly owner: string;
  readonly actor: string;
  readonly kind: Event["kind"];
  readonly object_id: string;
  readonly what: string;
  readonly data_json: JsonText<JsonObject>;
}

/** What a scheduler has to wake, and when. */
interface WakeRow {
  readonly key: string;
  /** Null while a handler runs and no further wake waits. */
  readonly due_at: number | null;
  /** Since when a handler runs; after a crash, since when one ran that never ended. */
  readonly claimed_at: number | null;
  /** How often in a row the handler threw. */
  readonly failures: number;
}
