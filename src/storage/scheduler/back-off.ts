/** How long to wait after a handler threw. */
export interface BackOff {
  readonly firstMilliseconds: number;
  readonly longestMilliseconds: number;
  /** 0 to 1, for the jitter. */
  readonly random: () => number;
}

export const DEFAULT_BACK_OFF: BackOff = {
  firstMilliseconds: 1_000,
  longestMilliseconds: 60_000,
  random: Math.random,
};

/** Doubles with every failure up to the longest; the upper half is jitter, so that what failed together comes back apart. */
export function backOffMilliseconds(failures: number, backOff: BackOff): number {
  const doubled = backOff.firstMilliseconds * 2 ** Math.min(failures - 1, 30);
  const ceiling = Math.min(doubled, backOff.longestMilliseconds);
  return Math.round(ceiling / 2 + (ceiling / 2) * backOff.random());
}
