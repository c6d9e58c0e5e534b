import { availableParallelism } from "node:os";
import { extname } from "node:path";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { MessageChannel, Worker } from "node:worker_threads";
import { ownBytes, receiveItems, sendItems } from "../lib/port-items.ts";
import type { ThreadTask } from "./line-thread.ts";
import type { LineWork, MadeItem } from "./translate-lines.ts";

/** Each takes about as much memory as the code of the formats. */
const MAX_THREADS = Math.max(1, Math.min(4, availableParallelism() - 1));

/** As the main thread's: both halves of the young generation. */
const YOUNG_MIB = 16;

/** Then its 50 MiB are worth more than the second that a large input loses to a thread whose code is yet to be compiled. */
const IDLE_MILLISECONDS = 2_000;

interface LineThread {
  readonly worker: Worker;
  tasks: number;
  /** Why it ended, if it did so by itself. */
  failure: unknown;
  /** Ends it when it has had nothing to do for long. */
  readonly idle: NodeJS.Timeout;
}

/** Those that take tasks. */
const threads = new Set<LineThread>();

/** As `translateLines`, in a thread of its own, so that bytes are moved while lines are translated. The input's chunks are used up. */
export async function* translateInThread(
  input: AsyncIterable<Uint8Array>,
  work: LineWork,
  signal: AbortSignal,
): AsyncGenerator<MadeItem> {
  const thread = leastBusy();
  const [lines, made] = [new MessageChannel(), new MessageChannel()];
  const task: ThreadTask = { work, lines: lines.port2, made: made.port2 };
  thread.tasks += 1;
  thread.worker.postMessage(task, [lines.port2, made.port2]);
  // What goes wrong with the input is told here, and not as the other thread heard it.
  let failure: { readonly error: unknown } | null = null;
  const sending = sendItems(lines.port1, owned(input), (chunk) => [chunk.buffer]);
  sending.catch((error: unknown) => {
    failure = { error };
    made.port1.close();
  });
  try {
    yield* receiveItems<MadeItem>(made.port1, signal);
  } catch (error) {
    const told = failure as { readonly error: unknown } | null;
    if (told !== null) throw told.error;
    signal.throwIfAborted();
    // It may be about to end, and then soon says why.
    threads.delete(thread);
    await setImmediate();
    throw thread.failure ?? error;
  } finally {
    thread.tasks -= 1;
    thread.idle.refresh();
    lines.port1.close();
  }
}

async function* owned(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  for await (const chunk of input) yield ownBytes(chunk);
}

function leastBusy(): LineThread {
  const [least] = [...threads].toSorted((one, other) => one.tasks - other.tasks);
  return least === undefined || (least.tasks > 0 && threads.size < MAX_THREADS)
    ? startThread()
    : least;
}

function startThread(): LineThread {
  const file = `./line-thread${extname(import.meta.filename)}`;
  // Its lines' objects die young there only if there is room for them.
  setFlagsFromString(`--min-semi-space-size=${YOUNG_MIB / 2}`);
  const worker = new Worker(new URL(file, import.meta.url));
  const endIfIdle = () => {
    if (thread.tasks > 0) return;
    threads.delete(thread);
    void worker.terminate();
  };
  const idle = setTimeout(endIfIdle, IDLE_MILLISECONDS).unref();
  const thread: LineThread = { worker, tasks: 0, failure: null, idle };
  threads.add(thread);
  // Its ports keep the process alive while there is work.
  worker.unref();
  // Its tasks hear of its end by their ports.
  worker.on("error", (error) => {
    thread.failure = error;
  });
  worker.once("exit", () => threads.delete(thread));
  return thread;
}
