/** First come, first served. */
export interface Mutex {
  lock(): Promise<void>;
  unlock(): void;
}

export function createMutex(): Mutex {
  const waiting: (() => void)[] = [];
  let locked = false;
  return {
    async lock() {
      if (!locked) {
        locked = true;
        return;
      }
      await new Promise<void>((resolve) => {
        waiting.push(resolve);
      });
    },
    unlock() {
      const next = waiting.shift();
      if (next === undefined) locked = false;
      else next();
    },
  };
}
