import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import type { Command } from "./control-routes.ts";
import { answerCommand, command, CONTROL_PREFIX } from "./control-routes.ts";
import type { Fault, FaultOf, FaultQueue } from "./faults.ts";
import { createFaultQueue, cutReply, faultSchema, loseReply, spoilReply } from "./faults.ts";
import type { Journal, JournalEntry, OpenEntry } from "./journal.ts";
import { createJournal } from "./journal.ts";

/** A fake upstream that runs in this process. */
export interface Emulator<Steering extends Control = Control> extends AsyncDisposable {
  /** What a client takes as its base URL. */
  readonly url: string;
  /** Where `POST <controlUrl>/<method>` with a JSON array of arguments calls a method of `control`. */
  readonly controlUrl: string;
  readonly control: Steering;
  readonly close: () => Promise<void>;
}

/** What a test steers beside the API, in every emulator. The same over HTTP: see docs/emulators.md. */
export interface Control {
  /** The emulator's clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** The clock goes on from there. */
  readonly setClock: (milliseconds: number) => void;
  readonly advanceClock: (milliseconds: number) => void;
  /** The next call that matches gets this fault. */
  readonly inject: (fault: Fault) => void;
  readonly clearFaults: () => void;
  /** Every call's connection is destroyed before it is performed, for so long in real time. */
  readonly outageFor: (milliseconds: number) => void;
  readonly endOutage: () => void;
  readonly journal: () => readonly JournalEntry[];
  readonly clearJournal: () => void;
}

export interface ControlOptions {
  readonly now: () => number;
  /** How this API words an error of that status. */
  readonly renderError: (status: number) => RenderedError;
  /** After the clock was set or advanced. */
  readonly clockChanged?: () => void;
  /** Further methods of this emulator's control, by name. */
  readonly commands?: Readonly<Record<string, Command>>;
}

interface RenderedError {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface ControlCentre {
  readonly control: Control;
  /** Wraps an API's request listener: journal, outage, faults, and the control's own paths. */
  readonly listener: (handler: RequestListener) => RequestListener;
}

interface Desk {
  readonly journal: Journal;
  readonly faults: FaultQueue;
  readonly isOut: () => boolean;
  readonly renderError: (status: number) => RenderedError;
}

export function createControl(options: ControlOptions): ControlCentre {
  let offset = 0;
  let outageEnds = 0;
  const now = () => options.now() + offset;
  const journal = createJournal(now);
  const faults = createFaultQueue();
  const moveClock = (by: number) => {
    offset += by;
    options.clockChanged?.();
  };
  const control: Control = {
    now,
    setClock: (milliseconds) => moveClock(milliseconds - now()),
    advanceClock: moveClock,
    inject: faults.add,
    clearFaults: faults.clear,
    outageFor: (milliseconds) => {
      outageEnds = performance.now() + milliseconds;
    },
    endOutage: () => {
      outageEnds = 0;
    },
    journal: journal.entries,
    clearJournal: journal.clear,
  };
  const commands = { ...controlCommands(control), ...options.commands };
  const isOut = () => performance.now() < outageEnds;
  const desk: Desk = { journal, faults, isOut, renderError: options.renderError };
  return {
    control,
    listener: (handler) => (request, response) => {
      if (request.url?.startsWith(CONTROL_PREFIX)) void answerCommand(commands, request, response);
      else void play(desk, { request, response, handler });
    },
  };
}

function controlCommands(control: Control): Record<string, Command> {
  const milliseconds = z.tuple([z.number()]);
  const nothing = z.tuple([]);
  return {
    now: command(nothing, control.now),
    setClock: command(milliseconds, control.setClock),
    advanceClock: command(milliseconds, control.advanceClock),
    inject: command(z.tuple([faultSchema]), control.inject),
    clearFaults: command(nothing, control.clearFaults),
    outageFor: command(milliseconds, control.outageFor),
    endOutage: command(nothing, control.endOutage),
    journal: command(nothing, control.journal),
    clearJournal: command(nothing, control.clearJournal),
  };
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly handler: RequestListener;
}

async function play(desk: Desk, call: Call): Promise<void> {
  const { request, response, handler } = call;
  const entry = desk.journal.record(request);
  if (desk.isOut()) {
    entry.fault("outage");
    request.socket.resetAndDestroy();
    return;
  }
  const path = new URL(request.url ?? "/", "http://emulator").pathname;
  for (const fault of desk.faults.take(request.method ?? "", path)) {
    entry.fault(fault.kind);
    if (fault.kind === "slow") await pause(fault.milliseconds);
    else if (applyFault(fault, { desk, call, entry }) === "answered") return;
  }
  response.once("finish", () => entry.answered(response.statusCode));
  handler(request, response);
}

interface Hit {
  readonly desk: Desk;
  readonly call: Call;
  readonly entry: OpenEntry;
}

function applyFault(fault: Exclude<Fault, FaultOf<"slow">>, hit: Hit): "answered" | "perform" {
  const { request, response } = hit.call;
  switch (fault.kind) {
    case "status":
      answerStatus(fault, hit);
      return "answered";
    case "reset":
      reset(request, fault.afterBytes ?? 0);
      return "answered";
    case "lostReply":
      loseReply(response);
      return "perform";
    case "cutOff":
      cutReply(response, fault.afterBytes);
      return "perform";
    case "malformed":
      spoilReply(response);
      return "perform";
  }
}

/** Answers once the body has been read: a client may not look for an answer while it still writes. */
function answerStatus(fault: FaultOf<"status">, hit: Hit): void {
  const { request, response } = hit.call;
  request.resume();
  request.once("end", () => {
    const rendered = hit.desk.renderError(fault.status);
    const body = fault.body === undefined ? rendered.body : bodyText(fault.body);
    const headers: Record<string, string> = { ...rendered.headers, ...fault.headers };
    if (fault.retryAfterSeconds !== undefined)
      headers["retry-after"] = String(fault.retryAfterSeconds);
    hit.entry.answered(fault.status);
    response.writeHead(fault.status, { ...headers, "content-length": Buffer.byteLength(body) });
    response.end(body);
  });
}

function bodyText(body: unknown): string {
  return typeof body === "string" ? body : JSON.stringify(body);
}

function reset(request: IncomingMessage, afterBytes: number): void {
  let left = afterBytes;
  const drop = () => request.socket.resetAndDestroy();
  if (left === 0) {
    drop();
    return;
  }
  request.once("end", drop);
  request.on("data", (chunk: Buffer) => {
    left -= chunk.length;
    if (left <= 0) drop();
  });
}
