// https://platform.claude.com/docs/en/api/pagination
import type { z } from "zod";
import { GatewayError, isGatewayError } from "../../core/errors.ts";
import type { ListPage, Page } from "../../core/gateway.ts";
import { invalid, shorten } from "./errors.ts";
import type { listQuerySchema } from "./schemas.ts";

type ListQuery = z.output<typeof listQuerySchema>;
type Cursor = "after_id" | "before_id" | "page";

const CURSORS = ["after_id", "before_id", "page"] as const;

/**
 * One page, in the terms of every SDK there has been: ids that a page lies after or before, and an opaque token. Before an id
 * means the newer ones right before it, so these are read from that id on and turned round.
 */
export async function listPage<Row, Item extends { readonly id: string }>(
  query: ListQuery,
  list: (page: ListPage) => Promise<Page<Row>>,
  render: (row: Row) => Item,
) {
  const cursor = cursorOf(query);
  const isBackward = cursor === "before_id";
  const { items, hasMore } = await withCursor(query, cursor, () =>
    list({
      after: cursor === "page" ? idOfPage(query.page ?? "") : ((cursor && query[cursor]) ?? null),
      limit: query.limit,
      order: isBackward ? "asc" : "desc",
      ...(query.model === undefined ? {} : { model: query.model }),
    }),
  );
  const data = (isBackward ? items.toReversed() : items).map(render);
  return renderPage(data, { hasMore, next: hasMore && !isBackward });
}

export function renderPage<Item extends { readonly id: string }>(
  data: readonly Item[],
  { hasMore, next }: { readonly hasMore: boolean; readonly next: boolean },
) {
  const last = data.at(-1)?.id ?? null;
  return {
    data,
    has_more: hasMore,
    first_id: data[0]?.id ?? null,
    last_id: last,
    next_page: next && last !== null ? `page_${Buffer.from(last).toString("base64url")}` : null,
  };
}

function cursorOf(query: ListQuery): Cursor | null {
  const [cursor, second] = CURSORS.filter((name) => query[name] !== undefined);
  if (cursor !== undefined && second !== undefined) {
    throw invalid("", `Only one of \`${second}\` and \`${cursor}\` may be set.`);
  }
  return cursor ?? null;
}

function idOfPage(page: string): string {
  const id = page.startsWith("page_") ? Buffer.from(page.slice(5), "base64url").toString() : "";
  if (id === "") throw invalidCursor("page", page);
  return id;
}

/** The gateway knows the cursor as `after`. */
async function withCursor<Result>(
  query: ListQuery,
  cursor: Cursor | null,
  list: () => Promise<Result>,
): Promise<Result> {
  try {
    return await list();
  } catch (error) {
    if (cursor === null || !isGatewayError(error, "not_found")) throw error;
    if (error.details.param !== "after") throw error;
    const { message } = invalidCursor(cursor, query[cursor] ?? "");
    throw new GatewayError("not_found", message, { param: cursor, cause: error });
  }
}

function invalidCursor(cursor: Cursor, value: string): GatewayError {
  return cursor === "page"
    ? invalid(cursor, "Invalid page token")
    : invalid(cursor, `Invalid cursor '${shorten(value)}'`);
}
