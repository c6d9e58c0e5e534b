import { expect, test } from "vitest";
import { baseName } from "../../src/lib/base-name.ts";

test.each([
  { filename: "x.jsonl", name: "x.jsonl" },
  { filename: "../../x.jsonl", name: "x.jsonl" },
  { filename: "/etc/passwd", name: "passwd" },
  { filename: "C:\\tmp\\x.jsonl", name: "x.jsonl" },
  { filename: "a/b\\c", name: "c" },
  { filename: "folder/", name: "" },
  { filename: "..", name: "" },
  { filename: "a/.", name: "" },
  { filename: "..x", name: "..x" },
  { filename: "", name: "" },
])("the last segment of '$filename' is '$name'", ({ filename, name }) => {
  expect(baseName(filename)).toBe(name);
});
