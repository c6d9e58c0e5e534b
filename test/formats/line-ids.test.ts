import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { IdRule } from "../../src/core/format.ts";
import type { LineOrigin } from "../../src/core/translation.ts";
import { createLineIds, loadLineIds, SAME_IDS } from "../../src/formats/line-ids.ts";

const CLAUDE: IdRule = { pattern: /^[a-zA-Z0-9_-]{1,64}$/, description: "" };

function origin(customId: string | null, rest: Partial<LineOrigin> = {}): LineOrigin {
  return { customId, line: 7, piece: null, encoding: "float", ...rest };
}

/** As a store may hand it over: rows don't end where chunks do. */
function cut(saved: Iterable<Uint8Array> | null): readonly Uint8Array[] | null {
  if (saved === null) return null;
  const bytes = Buffer.concat([...saved]);
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += 7) pieces.push(bytes.subarray(at, at + 7));
  return pieces;
}

describe("the id that a provider sees", () => {
  test.each([
    { name: "the client's own", rule: null, from: origin("Ligne 1 – ü"), id: "Ligne 1 – ü" },
    { name: "one that the rule allows", rule: CLAUDE, from: origin("a_B-1"), id: "a_B-1" },
    { name: "one that it forbids", rule: CLAUDE, from: origin("a b"), id: "r000007" },
    { name: "one that is too long", rule: CLAUDE, from: origin("a".repeat(65)), id: "r000007" },
    { name: "an empty one", rule: null, from: origin(""), id: "r000007" },
    { name: "a lone surrogate", rule: null, from: origin("\ud800"), id: "r000007" },
    { name: "none", rule: null, from: origin(null), id: "line-000007" },
    {
      name: "a line beyond a million",
      rule: CLAUDE,
      from: origin(" ", { line: 1234567 }),
      id: "r1234567",
    },
    {
      name: "a piece",
      rule: null,
      from: origin("a#1", { piece: { index: 2, count: 12 } }),
      id: "a#1#3of12",
    },
    { name: "base64", rule: null, from: origin("a", { encoding: "base64" }), id: "a#base64" },
    {
      name: "a piece of one whose rule has no #",
      rule: CLAUDE,
      from: origin("a", { piece: { index: 0, count: 2 }, encoding: "base64" }),
      id: "r000007-1of2-base64",
    },
    {
      name: "a piece of a line without an id",
      rule: null,
      from: origin(null, { piece: { index: 0, count: 2 } }),
      id: "line-000007-1of2",
    },
    {
      name: "a client's that looks like ours",
      rule: CLAUDE,
      from: origin("r000001"),
      id: "r000007",
    },
    {
      name: "a client's that looks like a line",
      rule: null,
      from: origin("line-000001"),
      id: "r000007",
    },
    {
      name: "a client's that looks like a piece",
      rule: null,
      from: origin("a#1of2"),
      id: "r000007",
    },
  ])("for $name is $id, and leads back", async ({ rule, from, id }) => {
    const ids = createLineIds(rule);
    expect(ids.toTarget(from)).toBe(id);
    for (const known of [ids, await loadLineIds(cut(ids.save()))]) {
      expect(known.toSource(id)).toMatchObject({ ...from, line: expect.toSatisfy(isLineOr7) });
    }
  });

  function isLineOr7(line: unknown): boolean {
    return line === null || line === 7 || line === 1234567;
  }

  test("stands for itself where it was never given out", () => {
    const ids = createLineIds(CLAUDE);
    for (const id of ["a", "r000009", "r000009-1of2", "", "constructor"]) {
      expect(ids.toSource(id)).toEqual({
        customId: id,
        line: null,
        piece: null,
        encoding: "float",
      });
    }
  });

  test("is never ours where the bytes passed untouched", () => {
    for (const id of ["a#1of2", "r000001", "line-000001", "a#base64"]) {
      expect(SAME_IDS.toSource(id)).toMatchObject({ customId: id, piece: null, encoding: "float" });
    }
  });

  test("leads back to what the client wrote, and no two lines share one", async () => {
    const customId = fc.option(
      fc.oneof(
        fc.string(),
        fc.string({ unit: "binary" }),
        fc.constantFrom("r000001", "line-000002", "a#1of2", "a#base64", "r000002-1of2", "a b\n1 c"),
      ),
    );
    const line = fc.record({
      customId,
      count: fc.integer({ min: 1, max: 3 }),
      encoding: fc.constantFrom("float" as const, "base64" as const),
    });
    const lines = fc.uniqueArray(line, { selector: (one) => one.customId ?? {}, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(lines, fc.constantFrom(null, CLAUDE), async (sent, rule) => {
        const ids = createLineIds(rule);
        const origins = sent.flatMap(({ customId, count, encoding }, at) =>
          Array.from({ length: count }, (_, index) =>
            origin(customId, {
              line: at + 1,
              piece: count > 1 ? { index, count } : null,
              encoding,
            }),
          ),
        );
        const given = origins.map((from) => ids.toTarget(from));
        expect(new Set(given).size).toBe(given.length);
        const saved = ids.save();
        expect(saved === null).toBe(ids.isPlain);
        const loaded = await loadLineIds(cut(saved));
        origins.forEach((from, at) => {
          const back = loaded.toSource(given[at] ?? "");
          expect({ ...back, line: null }).toEqual({ ...from, line: null });
          expect(back.line).toBe(from.customId === null ? from.line : back.line);
          expect(given[at]).toMatch(rule?.pattern ?? /^/);
        });
      }),
    );
  });

  test("costs nothing for lines that keep theirs", () => {
    const ids = createLineIds(CLAUDE);
    for (let line = 1; line <= 1_000; line += 1) ids.toTarget(origin(`request-${line}`, { line }));
    expect(ids.isPlain).toBe(true);
    expect(ids.save()).toBeNull();
  });

  test("leads back for a hundred thousand lines in any order, and for the longest ids", async () => {
    const ids = createLineIds(CLAUDE);
    const lines = Array.from({ length: 100_000 }, (_, at) => ((at * 7_919) % 100_000) + 1);
    const idOf = (line: number) => `Frage ${line} ${line % 1_000 === 0 ? "ü".repeat(50_000) : ""}`;
    for (const line of lines) ids.toTarget(origin(idOf(line), { line }));
    const loaded = await loadLineIds(ids.save());
    for (const known of [ids, loaded]) {
      const wrong = lines.filter((line) => {
        const back = known.toSource(`r${String(line).padStart(6, "0")}`);
        return back.customId !== idOf(line) || back.line !== line;
      });
      expect(wrong).toEqual([]);
      expect(known.toSource("r100001").line).toBeNull();
    }
  });

  test("is saved the same for the same lines", () => {
    const saved = [1, 2].map(() => {
      const ids = createLineIds(CLAUDE);
      ids.toTarget(origin("a b", { line: 3 }));
      ids.toTarget(origin("é", { line: 5 }));
      return Buffer.concat([...(ids.save() ?? [])]).toString();
    });
    expect(saved).toEqual(['3 "a b"\n5 "é"', '3 "a b"\n5 "é"']);
  });
});
