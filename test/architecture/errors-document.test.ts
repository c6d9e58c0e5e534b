import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { ERRORS } from "../../src/core/errors.ts";

test("docs/errors.md lists exactly the codes that there are, with their status", () => {
  const text = readFileSync(resolve(import.meta.dirname, "../../docs/errors.md"), "utf8");
  const rows = [...text.matchAll(/^\| `([a-z_]+)` \| (\d+) \| (yes|no) \|/gm)].map(
    ([, code, status, retryable]) => ({
      code,
      status: Number(status),
      retryable: retryable === "yes",
    }),
  );
  expect(rows).toEqual(Object.entries(ERRORS).map(([code, facts]) => ({ code, ...facts })));
});
