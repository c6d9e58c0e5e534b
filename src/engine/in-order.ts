import type { BlobStore, KnownBlob, StoredBlob } from "../core/blobs.ts";
import { freeBytes } from "../lib/buffer-pressure.ts";
import type { LinePlace, LinePlaces } from "../lines/line-places.ts";

interface Unordered {
  readonly blob: string;
  readonly stored: StoredBlob;
  readonly places: LinePlaces;
}

/** The file with its lines in the order of the input: as it is, or written once more. Holds a window of it at a time. */
export async function inOrder(
  blobs: BlobStore,
  { blob, stored, places }: Unordered,
  signal: AbortSignal,
): Promise<StoredBlob & { readonly blob: string }> {
  if (places.isSorted) return { blob, ...stored };
  const key = `${blob}-in-order`;
  const known = { key: blob, ...stored };
  const ordered = await blobs.put(key, windows(blobs, { known, places }, signal), signal);
  await blobs.delete(blob, signal);
  return { blob: key, ...ordered };
}

/** What is put in order at once. Where lines lie anyhow, the file is read once for each window. */
const WINDOW_BYTES = 32 * 1024 * 1024;
/** Of lines as short as those that were never run there would be 300,000 in a window, and 80 MB of their places. */
const WINDOW_LINES = 50_000;

async function* windows(
  blobs: BlobStore,
  { known, places }: Pick<Unordered, "places"> & { readonly known: KnownBlob },
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let window: Placed[] = [];
  let bytes = 0;
  // One for all windows: whoever writes may still hold a chunk when the next is made, so chunks are copies.
  let made: Buffer = Buffer.alloc(0);
  const read = async () => {
    if (made.length < bytes) made = Buffer.allocUnsafeSlow(Math.max(bytes, firstWindow(known)));
    await readWindow(blobs, { known, window, made }, signal);
    return made.subarray(0, bytes);
  };
  try {
    for (const place of places.sorted()) {
      const isFull = bytes + place.length > WINDOW_BYTES || window.length === WINDOW_LINES;
      if (isFull && window.length > 0) {
        yield* copies(await read());
        window = [];
        bytes = 0;
      }
      window.push({ offset: place.offset, length: place.length, target: bytes });
      bytes += place.length;
    }
    if (window.length > 0) yield* copies(await read());
  } finally {
    freeBytes(made);
  }
}

function firstWindow({ bytes }: KnownBlob): number {
  return Math.min(bytes, WINDOW_BYTES);
}

const CHUNK_BYTES = 512 * 1024;

function* copies(window: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < window.length; at += CHUNK_BYTES) {
    yield Buffer.from(window.subarray(at, at + CHUNK_BYTES));
  }
}

interface Placed extends Pick<LinePlace, "offset" | "length"> {
  /** Where the line goes in its window. */
  readonly target: number;
}

async function readWindow(
  blobs: BlobStore,
  work: {
    readonly known: KnownBlob;
    readonly window: readonly Placed[];
    /** Where the lines go, from its beginning on. */
    readonly made: Buffer;
  },
  signal: AbortSignal,
): Promise<void> {
  const { known, made } = work;
  const placed = work.window.toSorted((one, other) => one.offset - other.offset);
  for (const run of runsOf(placed)) await readRun(blobs, { known, run, made }, signal);
}

/** Reading this much in vain is cheaper than another call. */
const GAP_BYTES = 256 * 1024;

function* runsOf(placed: readonly Placed[]): Generator<readonly Placed[]> {
  let run: Placed[] = [];
  let end = 0;
  for (const place of placed) {
    if (run.length > 0 && place.offset > end + GAP_BYTES) {
      yield run;
      run = [];
    }
    run.push(place);
    end = place.offset + place.length;
  }
  if (run.length > 0) yield run;
}

/** Copies lines that lie near each other, in the order of their places, to where they belong. */
async function readRun(
  blobs: BlobStore,
  work: { readonly known: KnownBlob; readonly run: readonly Placed[]; readonly made: Buffer },
  signal: AbortSignal,
): Promise<void> {
  const { known, run, made } = work;
  const [first] = run;
  const last = run.at(-1);
  if (first === undefined || last === undefined) return;
  const range = { start: first.offset, end: last.offset + last.length - 1 };
  let at = 0;
  let position = first.offset;
  for await (const chunk of await blobs.open(known, signal, range)) {
    if (!(chunk instanceof Uint8Array)) continue;
    const end = position + chunk.length;
    for (let place = run[at]; place !== undefined && place.offset < end; place = run[at]) {
      const from = Math.max(place.offset, position);
      const to = Math.min(place.offset + place.length, end);
      made.set(chunk.subarray(from - position, to - position), place.target + from - place.offset);
      if (place.offset + place.length > end) break;
      at += 1;
    }
    position = end;
  }
}
