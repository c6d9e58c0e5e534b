import { validateHeaderValue } from "node:http";
import { assert, property, string } from "fast-check";
import { expect, test } from "vitest";
import { attachment } from "../../src/lib/content-disposition.ts";

test.each([
  { name: "batch output.jsonl", header: 'attachment; filename="batch output.jsonl"' },
  { name: 'a"b.jsonl', header: `attachment; filename="a_b.jsonl"; filename*=UTF-8''a%22b.jsonl` },
  { name: "a\\b", header: `attachment; filename="a_b"; filename*=UTF-8''a%5Cb` },
  { name: "é'(1)*", header: `attachment; filename="_'(1)*"; filename*=UTF-8''%C3%A9%27%281%29%2A` },
  { name: "100%", header: `attachment; filename="100_"; filename*=UTF-8''100%25` },
  { name: "x\r\nset-cookie: a", header: 'attachment; filename="x__set-cookie: a"' },
  { name: "\ud800", header: `attachment; filename="_"; filename*=UTF-8''%EF%BF%BD` },
])("$name becomes a name that any client can read", ({ name, header }) => {
  expect(attachment(name)).toBe(header);
});

test("whatever the name, the header is one that can be sent, with one quoted name", () => {
  assert(
    property(string({ unit: "binary" }), (name) => {
      const header = attachment(name);
      validateHeaderValue("content-disposition", header);
      expect(header).toMatch(/^attachment; filename="[^"\\]*"(?:; filename\*=UTF-8''[\w.!~%-]*)?$/);
    }),
  );
});
