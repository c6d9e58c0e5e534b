// https://docs.claude.com/en/api/pagination

import { badRequest } from "./api-error.ts";
import type { AnthropicLimits } from "./limits.ts";

export interface Page<Item> {
  readonly data: readonly Item[];
  readonly hasMore: boolean;
}

/** A part of a list: after one item, or right before one, or from its beginning. */
export function pageOf<Item extends { readonly id: string }>(
  items: readonly Item[],
  query: URLSearchParams,
  limits: AnthropicLimits,
): Page<Item> {
  const limit = limitOf(query, limits);
  const after = query.get("after_id");
  const before = query.get("before_id");
  if (after !== null && before !== null) {
    throw badRequest("Only one of `before_id` and `after_id` may be set.");
  }
  if (before !== null) {
    const end = placeOf(items, before, "before_id");
    const start = Math.max(0, end - limit);
    return { data: items.slice(start, end), hasMore: start > 0 };
  }
  const start = after === null ? 0 : placeOf(items, after, "after_id") + 1;
  const data = items.slice(start, start + limit);
  return { data, hasMore: start + data.length < items.length };
}

export function limitOf(query: URLSearchParams, limits: AnthropicLimits): number {
  const value = query.get("limit");
  if (value === null) return limits.itemsPerPageByDefault;
  if (!/^-?\d+$/.test(value)) {
    throw badRequest(
      "limit: Input should be a valid integer, unable to parse string as an integer",
    );
  }
  const limit = Number(value);
  if (limit < 1) throw badRequest("limit: Input should be greater than or equal to 1");
  if (limit > limits.itemsPerPage) {
    throw badRequest(`limit: Input should be less than or equal to ${limits.itemsPerPage}`);
  }
  return limit;
}

export function renderPage(page: Page<unknown>, data: readonly { readonly id: string }[]) {
  return {
    data,
    has_more: page.hasMore,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
  };
}

function placeOf(items: readonly { readonly id: string }[], id: string, name: string): number {
  const place = items.findIndex((item) => item.id === id);
  if (place === -1) throw badRequest(`${name}: Invalid cursor '${id}'`);
  return place;
}
