import { CodecError } from "../core/codec-error.ts";
import type { Embedding, EmbeddingResponse } from "../core/embeddings.ts";
import type { LineOrigin } from "../core/translation.ts";

/** A line that became several, while not all of them are back. */
export interface PendingLine {
  readonly origin: LineOrigin;
  readonly received: number;
  readonly count: number;
}

/** Puts the pieces of embeddings together, in whatever order they come. */
export class EmbeddingJoiner {
  readonly #maxBytes: number;
  /** In the order in which they began. */
  readonly #open = new Map<string, OpenLine>();
  /** Lines that ended before all their pieces came → how many are still to come. */
  readonly #ended = new Map<string, number>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The whole response; null: it waits for its other pieces, or its line has ended already. Throws `CodecError`. */
  add(origin: LineOrigin, response: EmbeddingResponse): EmbeddingResponse | null {
    const { piece } = origin;
    if (piece === null) return response;
    const key = keyOf(origin);
    if (this.#isEnded(key)) return null;
    const line = this.#open.get(key) ?? openLine(origin, piece.count);
    this.#open.set(key, line);
    if (piece.count !== line.count || line.pieces.has(piece.index)) return null;
    const bytes = sizeOf(response);
    line.pieces.set(piece.index, response);
    line.bytes += bytes;
    this.#bytes += bytes;
    if (line.pieces.size < line.count) return null;
    this.#close(key, line);
    return join(line);
  }

  /** A piece that isn't a success ends its line at once; false if the line has ended already. */
  end(origin: LineOrigin): boolean {
    const key = keyOf(origin);
    if (this.#isEnded(key)) return false;
    const line = this.#open.get(key);
    if (line !== undefined) this.#close(key, line);
    this.#remember(key, (origin.piece?.count ?? 1) - (line?.pieces.size ?? 0) - 1);
    return true;
  }

  /** The line that began first, if more waits than may; called until there is none. */
  overflow(): PendingLine | null {
    if (this.#bytes <= this.#maxBytes) return null;
    for (const [key, line] of this.#open) {
      this.#close(key, line);
      this.#remember(key, line.count - line.pieces.size);
      return pending(line);
    }
    return null;
  }

  /** What still waits at the end of the results. */
  rest(): readonly PendingLine[] {
    return Array.from(this.#open.values(), pending);
  }

  #close(key: string, line: OpenLine): void {
    this.#open.delete(key);
    this.#bytes -= line.bytes;
  }

  #remember(key: string, toCome: number): void {
    if (toCome > 0) this.#ended.set(key, toCome);
  }

  #isEnded(key: string): boolean {
    const toCome = this.#ended.get(key);
    if (toCome === undefined) return false;
    if (toCome <= 1) this.#ended.delete(key);
    else this.#ended.set(key, toCome - 1);
    return true;
  }
}

interface OpenLine {
  readonly origin: LineOrigin;
  readonly count: number;
  readonly pieces: Map<number, EmbeddingResponse>;
  bytes: number;
}

function openLine(origin: LineOrigin, count: number): OpenLine {
  return { origin, count, pieces: new Map(), bytes: 0 };
}

function pending({ origin, count, pieces }: OpenLine): PendingLine {
  return { origin, count, received: pieces.size };
}

function keyOf({ customId, line }: LineOrigin): string {
  return customId === null ? `line ${line ?? 0}` : `id ${customId}`;
}

function sizeOf(response: EmbeddingResponse): number {
  let bytes = 0;
  for (const { vectors } of response.embeddings) {
    for (const vector of vectors) {
      bytes += vector.encoding === "base64" ? vector.data.length : vector.values.length * 8;
    }
  }
  return bytes;
}

/** In the order of the inputs, tokens summed. All pieces but the last had as many inputs as the first. */
function join({ pieces, count }: OpenLine): EmbeddingResponse {
  const inOrder = Array.from({ length: count }, (_, index) => pieces.get(index)).filter(
    (response) => response !== undefined,
  );
  const [first] = inOrder;
  if (first === undefined) throw new CodecError("invalid_request", "", "there is no piece");
  const size = first.embeddings.length;
  const embeddings: Embedding[] = [];
  let inputTokens: number | null = null;
  for (const [index, response] of inOrder.entries()) {
    const found = response.embeddings.length;
    if (index < count - 1 ? found !== size : found === 0 || found > size) {
      const which = `part ${index + 1} of ${count} of the request's inputs`;
      const message = `${which} came back with ${found} vectors, the first with ${size}`;
      throw new CodecError("invalid_request", "", message);
    }
    for (const { vectors } of byIndex(response)) {
      embeddings.push({ index: embeddings.length, vectors });
    }
    if (response.inputTokens !== null) inputTokens = (inputTokens ?? 0) + response.inputTokens;
  }
  const extras = inOrder.flatMap((response) => response.extras);
  return { ...first, embeddings, inputTokens, extras };
}

function byIndex({ embeddings }: EmbeddingResponse): readonly Embedding[] {
  return embeddings.toSorted((one, other) => one.index - other.index);
}
