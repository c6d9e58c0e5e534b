import { GatewayError } from "../../core/errors.ts";
import type { UpstreamPage } from "../../core/provider.ts";

export const MAX_PAGE = 100;

export interface TokenPage<Item> {
  readonly items: readonly Item[];
  /** Null at the end. */
  readonly nextToken: string | null;
}

export type ReadPage<Item> = (token: string | null, size: number) => Promise<TokenPage<Item>>;

/** A page after a token of Google's, or after an item: those are looked for from the top, since Google knows only tokens. */
export async function pageAfter<Item extends { readonly name: string }>(
  { after, limit }: { readonly after: string | null; readonly limit: number },
  readPage: ReadPage<Item>,
): Promise<UpstreamPage<Item>> {
  const size = Math.min(limit, MAX_PAGE);
  if (after === null || !isName(after)) {
    const { items, nextToken } = await readPage(after, size);
    return { items, next: nextToken };
  }
  const find = (page: TokenPage<Item>) => page.items.findIndex(({ name }) => name === after);
  let page = await readPage(null, MAX_PAGE);
  let at = find(page);
  while (at === -1 && page.nextToken !== null) {
    page = await readPage(page.nextToken, MAX_PAGE);
    at = find(page);
  }
  if (at === -1) {
    throw new GatewayError("upstream_not_found", `There is no '${after}' after which to go on.`);
  }
  const rest = page.items.slice(at + 1);
  if (rest.length > size) {
    const items = rest.slice(0, size);
    return { items, next: items.at(-1)?.name ?? null };
  }
  if (rest.length > 0 || page.nextToken === null) return { items: rest, next: page.nextToken };
  const { items, nextToken } = await readPage(page.nextToken, size);
  return { items, next: nextToken };
}

function isName(after: string): boolean {
  return /^(?:files|batches)\/[^/]+$/.test(after);
}
