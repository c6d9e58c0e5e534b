import type { ServerResponse } from "node:http";
import { z } from "zod";

const matchFields = {
  /** Any method if left out. */
  method: z.string().optional(),
  /** A regular expression over the path, without the query; any path if left out. */
  path: z.string().optional(),
  /** How many matching calls are hit; 1 if left out. */
  times: z.int().positive().optional(),
  /** How many matching calls are let through first. */
  skip: z.int().nonnegative().optional(),
};

/**
 * `status`: answered with that status, not performed. `reset`: connection destroyed after `afterBytes` of the body, not
 * performed. `lostReply`: performed, then the connection is destroyed. `slow`: performed after a pause. `cutOff`: performed,
 * the answer's body ends after `afterBytes` (by default within its first chunk). `malformed`: performed, answered with 200 and
 * half of a JSON object.
 */
export const faultSchema = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("status"),
    status: z.int().min(400).max(599),
    retryAfterSeconds: z.number().nonnegative().optional(),
    headers: z.record(z.string(), z.string()).optional(),
    /** Instead of the body with which this API words the status. */
    body: z.unknown().optional(),
    ...matchFields,
  }),
  z.strictObject({
    kind: z.literal("reset"),
    afterBytes: z.int().nonnegative().optional(),
    ...matchFields,
  }),
  z.strictObject({ kind: z.literal("lostReply"), ...matchFields }),
  z.strictObject({
    kind: z.literal("slow"),
    milliseconds: z.number().nonnegative(),
    ...matchFields,
  }),
  z.strictObject({
    kind: z.literal("cutOff"),
    afterBytes: z.int().nonnegative().optional(),
    ...matchFields,
  }),
  z.strictObject({ kind: z.literal("malformed"), ...matchFields }),
]);

export type Fault = z.infer<typeof faultSchema>;
export type FaultOf<Kind extends Fault["kind"]> = Extract<Fault, { kind: Kind }>;

export interface FaultQueue {
  readonly add: (fault: Fault) => void;
  readonly clear: () => void;
  /** The faults that hit this call: at most one pause and one of the others. */
  readonly take: (method: string, path: string) => readonly Fault[];
}

interface Waiting {
  readonly fault: Fault;
  readonly path: RegExp | null;
  skip: number;
  left: number;
}

export function createFaultQueue(): FaultQueue {
  let waiting: Waiting[] = [];
  return {
    add: (fault) => {
      const path = fault.path === undefined ? null : new RegExp(fault.path);
      waiting.push({ fault, path, skip: fault.skip ?? 0, left: fault.times ?? 1 });
    },
    clear: () => {
      waiting = [];
    },
    take: (method, path) => {
      const taken: Fault[] = [];
      for (const entry of waiting) {
        if (!matches(entry, method, path)) continue;
        if (taken.some((other) => (other.kind === "slow") === (entry.fault.kind === "slow")))
          continue;
        if (entry.skip > 0) {
          entry.skip -= 1;
          continue;
        }
        entry.left -= 1;
        taken.push(entry.fault);
      }
      if (taken.length > 0) waiting = waiting.filter((entry) => entry.left > 0);
      return taken;
    },
  };
}

function matches(entry: Waiting, method: string, path: string): boolean {
  const wanted = entry.fault.method;
  if (wanted !== undefined && wanted.toUpperCase() !== method) return false;
  return entry.path === null || entry.path.test(path);
}

/** The call is performed and its answer never leaves. */
export function loseReply(response: ServerResponse): void {
  const drop = () => {
    response.socket?.destroy();
    return response;
  };
  response.flushHeaders = () => undefined;
  response.write = () => true;
  response.end = drop;
}

/** The answer's body stops in the middle, and the connection with it. */
export function cutReply(response: ServerResponse, afterBytes: number | undefined): void {
  const write = response.write.bind(response);
  let left = afterBytes ?? null;
  const pass = (content: unknown): boolean => {
    const chunk = toBytes(content);
    left ??= Math.floor(chunk.length / 2);
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (part.length === chunk.length && left > 0) return write(chunk);
    write(part, () => response.socket?.destroy());
    response.write = () => true;
    response.end = () => response;
    return true;
  };
  response.write = pass;
  response.end = (content?: unknown) => {
    const body = toBytes(content);
    if (!response.headersSent && !response.hasHeader("content-length") && left === null) {
      response.setHeader("content-length", body.length);
    }
    if (body.length > 0) pass(body);
    else response.socket?.destroy();
    return response;
  };
}

/** The call is performed and answered with 200 and a JSON body that ends too early, by its own content length. */
export function spoilReply(response: ServerResponse): void {
  const body = '{"object": "list", "data": [{"id": ';
  const end = response.end.bind(response);
  response.flushHeaders = () => undefined;
  response.writeHead = () => response;
  response.write = () => true;
  response.end = () => {
    Reflect.deleteProperty(response, "writeHead");
    Reflect.deleteProperty(response, "write");
    for (const name of response.getHeaderNames()) response.removeHeader(name);
    response.statusCode = 200;
    response.setHeader("content-type", "application/json");
    response.setHeader("content-length", body.length);
    return end(body);
  };
}

function toBytes(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return Buffer.from(typeof content === "string" ? content : "");
}
