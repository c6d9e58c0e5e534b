import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { type Batch, isTerminal } from "../../src/core/batch.ts";
import { GatewayError } from "../../src/core/errors.ts";
import type { StoredFile, Upload, UploadPart } from "../../src/core/file.ts";
import type {
  BatchView,
  Call,
  Gateway,
  ListPage,
  Page,
  RangeRequest,
  ReceivedContent,
} from "../../src/core/gateway.ts";

/** What an operation was called with, the content aside. */
interface RecordedCall {
  readonly operation: keyof Gateway;
  readonly call: Call;
  readonly argument: unknown;
}

/** The operations in memory, for tests of what dialects read and render; it follows no batch and asks no provider. */
export interface MemoryGateway extends Gateway {
  readonly files: Map<string, StoredFile>;
  readonly batches: Map<string, Batch>;
  readonly uploads: Map<string, Upload>;
  /** By blob key. */
  readonly contents: Map<string, Buffer>;
  readonly calls: RecordedCall[];
  /** The next operation fails with this. */
  failNext(error: Error): void;
  /** The next content that is opened comes from this stream, whatever the file says. */
  openNext(stream: Readable): void;
}

export function createMemoryGateway(now: () => number): MemoryGateway {
  const files = new Map<string, StoredFile>();
  const batches = new Map<string, Batch>();
  const uploads = new Map<string, Upload>();
  const parts = new Map<string, UploadPart>();
  const contents = new Map<string, Buffer>();
  const calls: RecordedCall[] = [];
  let failure: Error | null = null;
  let nextStream: Readable | null = null;
  let made = 0;

  const newId = (): string => {
    made += 1;
    return `m${String(made).padStart(4, "0")}`;
  };

  function record(operation: keyof Gateway, call: Call, argument: unknown): void {
    calls.push({ operation, call, argument });
    if (failure === null) return;
    const error = failure;
    failure = null;
    throw error;
  }

  function findFile(id: string): StoredFile {
    const file = [...files.values()].find((each) =>
      [...namesOf(each, "file-"), ...namesOf(each, "file_")].includes(id),
    );
    if (file === undefined) {
      throw new GatewayError("not_found", `No such File object: ${id}`, { param: "id" });
    }
    return file;
  }

  function findBatch(id: string): Batch {
    const batch = [...batches.values()].find((each) =>
      [...namesOf(each, "batch_"), ...namesOf(each, "msgbatch_")].includes(id),
    );
    if (batch === undefined) {
      throw new GatewayError("not_found", `No batch found with id '${id}'.`);
    }
    return batch;
  }

  function findUpload(id: string): Upload {
    const upload = [...uploads.values()].find((each) => `upload_${each.id}` === id);
    if (upload === undefined) {
      throw new GatewayError("not_found", `No such Upload object: ${id}`, { param: "upload_id" });
    }
    return upload;
  }

  function view(batch: Batch): BatchView {
    const file = (id: string | null) => (id === null ? null : (files.get(id) ?? null));
    return {
      batch,
      input: file(batch.inputFileId),
      output: file(batch.outputFileId),
      error: file(batch.errorFileId),
    };
  }

  async function receive(
    content: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<ReceivedContent> {
    const blob = `blob-${newId()}`;
    contents.set(blob, Buffer.alloc(0));
    try {
      const chunks: Uint8Array[] = [];
      for await (const chunk of content) {
        signal.throwIfAborted();
        chunks.push(chunk);
      }
      const bytes = Buffer.concat(chunks);
      contents.set(blob, bytes);
      const sha256 = createHash("sha256").update(bytes).digest("hex");
      return { blob, bytes: bytes.length, sha256, lines: countLines(bytes) };
    } catch (error) {
      contents.delete(blob);
      throw error;
    }
  }

  return {
    files,
    batches,
    uploads,
    contents,
    calls,
    failNext(error) {
      failure = error;
    },
    openNext(stream) {
      nextStream = stream;
    },
    receive,
    async discard(content) {
      contents.delete(content.blob);
    },
    async createFile(call, { content, expiresAfterSeconds, ...rest }) {
      record("createFile", call, { ...rest, expiresAfterSeconds });
      const file: StoredFile = {
        ...newFile(newId(), now()),
        ...rest,
        provider: call.namedProviders[0] ?? call.defaultProvider,
        bytes: content.bytes,
        sha256: content.sha256,
        lines: content.lines,
        blob: content.blob,
        expiresAt: expiresAfterSeconds === null ? null : now() + expiresAfterSeconds * 1000,
      };
      files.set(file.id, file);
      return file;
    },
    async listFiles(call, page) {
      record("listFiles", call, page);
      return pageOf([...files.values()], page, (id) => findFile(id));
    },
    async retrieveFile(call, id) {
      record("retrieveFile", call, id);
      return findFile(id);
    },
    async deleteFile(call, id) {
      record("deleteFile", call, id);
      const file = findFile(id);
      files.delete(file.id);
      contents.delete(file.blob ?? "");
      return file;
    },
    async openFile(call, id, range) {
      record("openFile", call, { id, range: range ?? null });
      const file = findFile(id);
      const whole = contents.get(file.blob ?? "") ?? Buffer.alloc(0);
      const bytes = range === undefined ? null : resolve(range, whole.length);
      const slice = bytes === null ? whole : whole.subarray(bytes.start, bytes.end + 1);
      const stream = nextStream ?? Readable.from([slice]);
      nextStream = null;
      return { file, range: bytes, bytes: whole.length, stream };
    },
    async createUpload(call, { expiresAfterSeconds, ...request }) {
      record("createUpload", call, { ...request, expiresAfterSeconds });
      const upload: Upload = {
        ...newUpload(newId(), now()),
        ...request,
        provider: call.namedProviders[0] ?? call.defaultProvider,
        fileExpiresAfterSeconds: expiresAfterSeconds,
      };
      uploads.set(upload.id, upload);
      return upload;
    },
    async addUploadPart(call, id, content) {
      record("addUploadPart", call, id);
      const upload = findUpload(id);
      const part: UploadPart = {
        id: `part_${newId()}`,
        uploadId: upload.id,
        owner: upload.owner,
        blob: content.blob,
        bytes: content.bytes,
        createdAt: now(),
      };
      parts.set(part.id, part);
      return part;
    },
    async completeUpload(call, id, request) {
      record("completeUpload", call, { id, ...request });
      const upload = findUpload(id);
      const bytes = Buffer.concat(
        request.partIds.map(
          (partId) => contents.get(parts.get(partId)?.blob ?? "") ?? Buffer.alloc(0),
        ),
      );
      const content = await receive(Readable.from([bytes]), call.signal);
      const { filename, purpose, mimeType, provider } = upload;
      const file: StoredFile = {
        ...newFile(newId(), now()),
        filename,
        purpose,
        mimeType,
        provider,
        bytes: content.bytes,
        sha256: content.sha256,
        blob: content.blob,
      };
      files.set(file.id, file);
      const completed: Upload = { ...upload, state: "completed", fileId: file.id };
      uploads.set(upload.id, completed);
      return { upload: completed, file };
    },
    async cancelUpload(call, id) {
      record("cancelUpload", call, id);
      const upload: Upload = { ...findUpload(id), state: "cancelled" };
      uploads.set(upload.id, upload);
      return upload;
    },
    async createBatch(call, { input: given, outputExpiresAfterSeconds, ...rest }) {
      record("createBatch", call, { input: given, outputExpiresAfterSeconds, ...rest });
      const inline: StoredFile = {
        ...newFile(newId(), now()),
        origin: "inline",
        filename: "requests.jsonl",
        ...(given.kind === "content" ? given.content : {}),
      };
      const input = given.kind === "file" ? findFile(given.id) : inline;
      files.set(input.id, input);
      const batch: Batch = {
        ...newBatch(newId(), now()),
        ...rest,
        provider: call.namedProviders[0] ?? call.defaultProvider,
        inputFileId: input.id,
      };
      batches.set(batch.id, batch);
      return view(batch);
    },
    async listBatches(call, page) {
      record("listBatches", call, page);
      const rows = [...batches.values()].map((batch) => ({
        id: batch.id,
        createdAt: batch.times.createdAt,
        batch,
      }));
      const { items, hasMore } = pageOf(rows, page, (id) => findBatch(id));
      return { items: items.map(({ batch }) => view(batch)), hasMore };
    },
    async retrieveBatch(call, id) {
      record("retrieveBatch", call, id);
      return view(findBatch(id));
    },
    async cancelBatch(call, id) {
      record("cancelBatch", call, id);
      const batch = findBatch(id);
      if (isTerminal(batch.state)) {
        throw new GatewayError("conflict", `Cannot cancel a batch with status '${batch.state}'.`);
      }
      const cancelling: Batch = {
        ...batch,
        state: "cancelling",
        times: { ...batch.times, cancellingAt: now() },
      };
      batches.set(batch.id, cancelling);
      return view(cancelling);
    },
    checkProvider: () => undefined,
    async deleteBatch(call, id) {
      record("deleteBatch", call, id);
      const batch = findBatch(id);
      if (!isTerminal(batch.state)) {
        throw new GatewayError(
          "invalid_request",
          "In progress batches cannot be deleted. Consider canceling the batch instead.",
        );
      }
      batches.delete(batch.id);
      return view(batch);
    },
    async openResults(call, id) {
      record("openResults", call, id);
      const batch = findBatch(id);
      if (!isTerminal(batch.state)) {
        throw new GatewayError("not_found", `Batch ${id} has no available results.`);
      }
      const stream = nextStream ?? Readable.from([], { objectMode: false });
      nextStream = null;
      return { batch, stream };
    },
    async chat(call, chat) {
      record("chat", call, chat);
      throw new GatewayError("invalid_request", "This gateway asks no model.");
    },
    async countTokens(call, request) {
      record("countTokens", call, request);
      throw new GatewayError("invalid_request", "This gateway asks no model.");
    },
    async listModels(call) {
      record("listModels", call, null);
      return [];
    },
    async retrieveModel(call, id) {
      record("retrieveModel", call, id);
      throw new GatewayError("not_found", `The model '${id}' does not exist.`);
    },
  };
}

function namesOf(object: Pick<StoredFile | Batch, "id" | "native">, dress: string): string[] {
  return [dress + object.id, ...(object.native === null ? [] : [object.native.id])];
}

function countLines(bytes: Buffer): number {
  const text = bytes.toString("latin1");
  return text.split("\n").length - (text.endsWith("\n") || text === "" ? 1 : 0);
}

function resolve({ start, end }: RangeRequest, size: number) {
  const first = start ?? Math.max(0, size - (end ?? 0));
  const last = start === null ? size - 1 : Math.min(end ?? size - 1, size - 1);
  if (first > last || first >= size) {
    throw new GatewayError("range_not_satisfiable", `The file has ${size} bytes.`, {
      reason: String(size),
    });
  }
  return { start: first, end: last };
}

/** Newest first unless `asc`; of one time, the one made later is the newer. */
function pageOf<Row extends { readonly id: string }>(
  rows: readonly Row[],
  page: ListPage,
  find: (id: string) => { readonly id: string },
): Page<Row> {
  const ordered = page.order === "asc" ? rows : rows.toReversed();
  const filtered = ordered.filter(
    (row) => page.purpose === undefined || !("purpose" in row) || row.purpose === page.purpose,
  );
  const begin = page.after === null ? 0 : indexAfter(filtered, page.after, find);
  const items = filtered.slice(begin, begin + page.limit);
  return { items, hasMore: filtered.length > begin + page.limit };
}

function indexAfter(
  rows: readonly { readonly id: string }[],
  after: string,
  find: (id: string) => { readonly id: string },
): number {
  try {
    const { id } = find(after);
    return rows.findIndex((row) => row.id === id) + 1;
  } catch {
    throw new GatewayError("not_found", `No object with id '${after}' to begin after.`, {
      param: "after",
    });
  }
}

export function newFile(id: string, createdAt: number): StoredFile {
  return {
    id,
    owner: "shared",
    account: null,
    dialect: "openai",
    provider: "openai",
    origin: "upload",
    native: null,
    filename: "lines.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: 0,
    sha256: null,
    lines: null,
    blob: null,
    lineIndex: null,
    batchId: null,
    role: null,
    options: {},
    createdAt,
    expiresAt: null,
    version: 1,
  };
}

export function newUpload(id: string, createdAt: number): Upload {
  return {
    id,
    owner: "shared",
    account: null,
    dialect: "openai",
    provider: "openai",
    filename: "lines.jsonl",
    purpose: "batch",
    mimeType: "application/jsonl",
    bytes: 1,
    state: "pending",
    fileId: null,
    fileExpiresAfterSeconds: null,
    options: {},
    createdAt,
    expiresAt: createdAt + 3_600_000,
    version: 1,
  };
}

export function newBatch(id: string, createdAt: number): Batch {
  return {
    id,
    owner: "shared",
    account: "openai/default",
    dialect: "openai",
    provider: "openai",
    origin: "client",
    native: null,
    state: "validating",
    endpoint: "/v1/chat/completions",
    inputFileId: null,
    outputFileId: null,
    errorFileId: null,
    natives: { input: null, output: null, error: null },
    model: null,
    models: [],
    mode: "native",
    priceTier: "batch",
    completionWindow: "24h",
    metadata: null,
    counts: { total: 0, completed: 0, failed: 0 },
    bytes: 0,
    usage: null,
    errors: [],
    warnings: [],
    times: {
      createdAt,
      expiresAt: createdAt + 86_400_000,
      submittedAt: null,
      inProgressAt: null,
      finalizingAt: null,
      completedAt: null,
      failedAt: null,
      expiredAt: null,
      cancellingAt: null,
      cancelledAt: null,
    },
    polledAt: null,
    parent: null,
    selectedLines: null,
    options: {},
    version: 1,
  };
}
