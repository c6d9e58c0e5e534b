/** More than anyone has regions, so that a client that names new ones can't fill the memory. */
const MAX_CLIENTS = 32;

export interface ClientPool<Entry> {
  /** The one for this region, made when it is first wanted. */
  of(region: string): Promise<Entry>;
  close(): Promise<void>;
}

export function createClientPool<Entry extends { readonly client: { destroy(): void } }>(
  create: (region: string) => Promise<Entry>,
): ClientPool<Entry> {
  const entries = new Map<string, Promise<Entry>>();
  return {
    of(region) {
      const entry = entries.get(region) ?? create(region);
      entries.delete(region);
      entries.set(region, entry);
      const [oldest] = entries.keys();
      // Whoever still uses it goes on; it isn't destroyed.
      if (entries.size > MAX_CLIENTS && oldest !== undefined) entries.delete(oldest);
      return entry;
    },
    async close() {
      for (const entry of await Promise.allSettled(entries.values())) {
        if (entry.status === "fulfilled") entry.value.client.destroy();
      }
      entries.clear();
    },
  };
}
