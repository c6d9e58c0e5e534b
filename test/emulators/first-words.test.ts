import { expect, test } from "vitest";
import { firstWords } from "../../src/emulators/first-words.ts";

const TEXTS = [
  "",
  " \n\t ",
  "one",
  "  one  two\n\nthree\u00a0four \ufeff five  ",
  "x".repeat(30),
  "a b c d e f g h i j k l m n o p",
  "😀 😀 😀 😀 😀",
];

test("the first words are those of the whole text with its white space made even", () => {
  for (const text of TEXTS) {
    for (let characters = 1; characters <= 35; characters += 1) {
      const even = text.replaceAll(/\s+/g, " ").trim().slice(0, characters);
      expect(firstWords(text, characters)).toBe(even);
    }
  }
});
