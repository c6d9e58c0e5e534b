import { setImmediate, setTimeout as pause } from "node:timers/promises";

/** Lines per second and batch; `"instant"`: as fast as the machine can; 0: nothing moves but by the control. */
export type Speed = number | "instant";

export interface Allowance {
  readonly lines: number;
  /** By `performance.now()`: a step ends then, so that the server stays responsive. */
  readonly deadline: number;
}

/** A batch that moves on by itself. */
interface Paced {
  readonly isOpen: () => boolean;
  /** The next bit of work, within the allowance. Returns how many lines were done. */
  readonly step: (allowance: Allowance) => Promise<number>;
}

export interface Pace {
  readonly speed: () => Speed;
  readonly setSpeed: (speed: Speed) => void;
  /** Moves a batch on until it has ended or the pace is closed. */
  readonly follow: (batch: Paced) => Promise<void>;
  readonly close: () => void;
}

const STEP_MILLISECONDS = 8;
const TICK_MILLISECONDS = 25;

export function createPace(initial: Speed): Pace {
  let speed = initial;
  let isClosed = false;
  let changed = Promise.withResolvers<void>();
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers();
  };
  return {
    speed: () => speed,
    setSpeed: (wanted) => {
      speed = wanted;
      change();
    },
    close: () => {
      isClosed = true;
      change();
    },
    follow: async (batch) => {
      let before = performance.now();
      let credit = 0;
      const isRunning = () => !isClosed && batch.isOpen();
      while (isRunning()) {
        if (speed === 0) {
          await changed.promise;
          before = performance.now();
          credit = 0;
          continue;
        }
        if (speed === "instant") {
          await setImmediate();
          await batch.step(allow(Number.POSITIVE_INFINITY));
          continue;
        }
        await pause(TICK_MILLISECONDS, undefined, { ref: false });
        const now = performance.now();
        credit += ((now - before) / 1_000) * speed;
        before = now;
        credit -= await batch.step(allow(Math.floor(credit)));
      }
    },
  };
}

function allow(lines: number): Allowance {
  return { lines, deadline: performance.now() + STEP_MILLISECONDS };
}
