// https://docs.claude.com/en/api/creating-message-batches
// https://docs.claude.com/en/api/files-create
import { z } from "zod";

/** Hosts that are merely compatible leave fields out or fill them oddly: what isn't essential then counts as absent. */
const text = z.string().nullish().catch(null);
const count = z.number().catch(0);
const flag = z.boolean().nullish().catch(null);

const id = z.string().min(1);

export const wireBatch = z.looseObject({
  id,
  processing_status: z.string(),
  request_counts: z
    .looseObject({
      processing: count,
      succeeded: count,
      errored: count,
      canceled: count,
      expired: count,
    })
    .nullish()
    .catch(null),
  created_at: text,
  expires_at: text,
  ended_at: text,
  cancel_initiated_at: text,
  archived_at: text,
});

export const wireFile = z.looseObject({
  id,
  filename: z.string().catch(""),
  mime_type: text,
  size_bytes: count,
  created_at: text,
  expires_at: text,
  downloadable: flag,
});

export const wireBatches = z.looseObject({
  data: z.array(wireBatch),
  has_more: flag,
  last_id: text,
});

/** Since files are generally available a page names the next one; before that it named its last item. */
export const wireFiles = z.looseObject({
  data: z.array(wireFile),
  next_page: text,
  has_more: flag,
  last_id: text,
});

export type WireBatch = z.infer<typeof wireBatch>;
export type WireFile = z.infer<typeof wireFile>;

/** RFC 3339 in milliseconds; null if it is no time. */
export function toTime(timestamp: string | null | undefined): number | null {
  const time = Date.parse(timestamp ?? "");
  return Number.isNaN(time) ? null : time;
}

/** The id after which the next page begins; null at the end. */
export function nextOf(page: {
  readonly data: readonly { readonly id: string }[];
  readonly has_more?: boolean | null | undefined;
  readonly last_id?: string | null | undefined;
}): string | null {
  return page.has_more === true ? (page.last_id ?? page.data.at(-1)?.id ?? null) : null;
}
