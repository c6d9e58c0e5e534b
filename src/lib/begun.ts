/** The same items, once the first is there: what can't begin fails now, and not when somebody reads. */
export async function begun<Item>(items: AsyncIterable<Item>): Promise<AsyncIterable<Item>> {
  const iterator = items[Symbol.asyncIterator]();
  const first = await iterator.next();
  return goOn(iterator, first);
}

async function* goOn<Item>(
  iterator: AsyncIterator<Item>,
  first: IteratorResult<Item>,
): AsyncGenerator<Item> {
  try {
    for (let next = first; next.done !== true; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
