import { isUtf8 } from "node:buffer";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { Utf8Check } from "../../src/lib/utf8-check.ts";

test("bytes in any chunks are UTF-8 exactly if they are as a whole", () => {
  const piece = fc.oneof(
    fc.constantFrom("a", "é", "€", "😀").map((text) => [...Buffer.from(text)]),
    fc.array(fc.constantFrom(0x80, 0xbf, 0xc0, 0xc3, 0xe2, 0xed, 0xa0, 0xf0, 0xf5, 0xff), {
      maxLength: 2,
    }),
  );
  let broken = 0;
  fc.assert(
    fc.property(
      fc.array(piece, { maxLength: 6 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 20 }),
      (pieces, sizes) => {
        // Closed by a letter: what is only begun at the end is for the reader of the text to miss.
        const bytes = Buffer.from([...pieces.flat(), 0x61, 0x61, 0x61, 0x61]);
        const check = new Utf8Check();
        let isText = true;
        for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] || 1;
          isText = isText && check.push(bytes.subarray(at, at + size));
          at += size;
        }
        if (!isText) broken += 1;
        expect(isText).toBe(isUtf8(bytes));
      },
    ),
    { numRuns: 1000 },
  );
  expect(broken).toBeGreaterThan(50);
});
