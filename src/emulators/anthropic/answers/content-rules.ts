// https://docs.claude.com/en/api/messages: what a message's content is made of

import type { Rule } from "./rules.ts";
import {
  anything,
  boolean,
  byType,
  list,
  object,
  oneOf,
  record,
  text,
  textOr,
  wrong,
} from "./rules.ts";

const ID = text({ pattern: /^[a-zA-Z0-9_-]+$/ });
const IMAGE_TYPES = ["image/jpeg", "image/png", "image/gif", "image/webp"];

const cacheControl = byType({ ephemeral: record({ type: anything, ttl: oneOf(["5m", "1h"]) }) });

const base64: Rule = (value, path) => {
  text({ min: 1 })(value, path);
  if (typeof value === "string" && /^[A-Za-z0-9+/]+={0,2}$/.test(value)) return;
  throw wrong(path, "Invalid base64 data");
};

const webAddress: Rule = (value, path) => {
  text()(value, path);
  if (typeof value === "string" && /^https?:\/\//.test(value)) return;
  throw wrong(path, "Only HTTP and HTTPS URLs are supported");
};

const fromUrl = record({ type: anything, url: webAddress }, ["url"]);
const fromFile = record({ type: anything, file_id: text() }, ["file_id"]);

function fromBytes(mediaTypes: readonly string[]): Rule {
  return record({ type: anything, media_type: oneOf(mediaTypes), data: base64 }, [
    "media_type",
    "data",
  ]);
}

export const textBlock = byType({
  text: record(
    {
      type: anything,
      text: text({ min: 1 }),
      cache_control: cacheControl,
      citations: list(object),
    },
    ["text"],
  ),
});

const image = record(
  {
    type: anything,
    source: byType({ base64: fromBytes(IMAGE_TYPES), url: fromUrl, file: fromFile }),
    cache_control: cacheControl,
  },
  ["source"],
);

const citations = record({ enabled: boolean });

const searchResult = record(
  {
    type: anything,
    source: text(),
    title: text(),
    content: list(textBlock),
    citations,
    cache_control: cacheControl,
  },
  ["source", "title", "content"],
);

const document = record(
  {
    type: anything,
    source: byType({
      base64: fromBytes(["application/pdf"]),
      text: record({ type: anything, media_type: oneOf(["text/plain"]), data: text() }, [
        "media_type",
        "data",
      ]),
      content: record(
        { type: anything, content: textOr(list(byType({ text: textBlock, image }))) },
        ["content"],
      ),
      url: fromUrl,
      file: fromFile,
    }),
    title: text({ max: 500 }),
    context: text({ min: 1 }),
    citations,
    cache_control: cacheControl,
  },
  ["source"],
);

/** What servers' tools leave in a conversation is taken as it is. */
const serverBlock = object;

export const contentBlock = byType({
  text: textBlock,
  image,
  document,
  search_result: searchResult,
  thinking: record({ type: anything, thinking: text(), signature: text() }, [
    "thinking",
    "signature",
  ]),
  redacted_thinking: record({ type: anything, data: text() }, ["data"]),
  tool_use: record(
    {
      type: anything,
      id: ID,
      name: text({ min: 1, max: 200 }),
      input: object,
      caller: object,
      cache_control: cacheControl,
    },
    ["id", "name", "input"],
  ),
  tool_result: record(
    {
      type: anything,
      tool_use_id: ID,
      content: textOr(
        list(
          byType({
            text: textBlock,
            image,
            document,
            search_result: searchResult,
            tool_reference: object,
          }),
        ),
      ),
      is_error: boolean,
      cache_control: cacheControl,
    },
    ["tool_use_id"],
  ),
  container_upload: record({ type: anything, file_id: text(), cache_control: cacheControl }, [
    "file_id",
  ]),
  server_tool_use: serverBlock,
  web_search_tool_result: serverBlock,
  web_fetch_tool_result: serverBlock,
  code_execution_tool_result: serverBlock,
  bash_code_execution_tool_result: serverBlock,
  text_editor_code_execution_tool_result: serverBlock,
  tool_search_tool_result: serverBlock,
});
