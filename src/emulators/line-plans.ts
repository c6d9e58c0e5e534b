/** A line of a batch by its number, counted from 1, or by its `custom_id`. */
export type LineSelector = number | string;

export interface LineReply {
  readonly status: number;
  /** Instead of the body with which the API words the status. */
  readonly body?: unknown;
}

/** What is to happen to a line other than being answered. */
interface LinePlan {
  readonly fail: LineReply | null;
  readonly omit: boolean;
  readonly duplicate: boolean;
}

export interface LinePlans {
  readonly fail: (line: LineSelector, reply: LineReply) => void;
  readonly omit: (line: LineSelector) => void;
  readonly duplicate: (line: LineSelector) => void;
  readonly clear: () => void;
  readonly planFor: (number: number, customId: string) => LinePlan;
}

const AS_USUAL: LinePlan = { fail: null, omit: false, duplicate: false };

export function createLinePlans(): LinePlans {
  const plans = new Map<LineSelector, LinePlan>();
  const change = (line: LineSelector, part: Partial<LinePlan>) => {
    plans.set(line, { ...AS_USUAL, ...plans.get(line), ...part });
  };
  return {
    fail: (line, reply) => change(line, { fail: reply }),
    omit: (line) => change(line, { omit: true }),
    duplicate: (line) => change(line, { duplicate: true }),
    clear: () => plans.clear(),
    planFor: (number, customId) => plans.get(number) ?? plans.get(customId) ?? AS_USUAL,
  };
}
