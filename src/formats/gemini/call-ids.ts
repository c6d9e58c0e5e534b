/**
 * Gemini may leave out the ids of calls and answers the calls of one name in their order. Ids are made here, the same on every
 * run, and results find theirs.
 */
export interface CallIds {
  /** The id of a call. */
  call(name: string, id: string | undefined): string;
  /** The id of the call that a result answers. */
  result(name: string, id: string | undefined): string;
}

/** `prefix` makes ids of one answer differ from those of the next. */
export function createCallIds(prefix: string): CallIds {
  const waiting = new Map<string, Queue>();
  const answered = new Set<string>();
  let made = 0;
  const make = () => `${prefix}${made++}`;
  return {
    call: (name, given) => {
      const id = given ?? make();
      const queue = waiting.get(name);
      if (queue === undefined) waiting.set(name, { ids: [id], next: 0 });
      else queue.ids.push(id);
      return id;
    },
    result: (name, given) => {
      const id = given ?? nextOf(waiting.get(name), answered) ?? make();
      answered.add(id);
      return id;
    },
  };
}

interface Queue {
  readonly ids: string[];
  next: number;
}

function nextOf(queue: Queue | undefined, answered: ReadonlySet<string>): string | undefined {
  if (queue === undefined) return undefined;
  while (queue.next < queue.ids.length) {
    const id = queue.ids[queue.next];
    queue.next += 1;
    if (id !== undefined && !answered.has(id)) return id;
  }
  return undefined;
}
