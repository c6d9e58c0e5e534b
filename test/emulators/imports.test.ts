import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { expect, test } from "vitest";

const SOURCE = resolve(import.meta.dirname, "../../src");
const FOLDER = join(SOURCE, "emulators");

function importsOf(file: string): string[] {
  const source = readFileSync(file, "utf8");
  const found = source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g);
  return [...found].map((match) => resolve(dirname(file), match[1] ?? ""));
}

/** Where a file lies: the emulator's name, or null for what all of them share. */
function emulatorOf(file: string): string | null {
  const path = relative(FOLDER, file).split(sep);
  return path.length > 1 ? (path[0] ?? null) : null;
}

test("emulators know nothing of the gateway and nothing of each other", () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(FOLDER, name));
  expect(files.length).toBeGreaterThan(20);
  let checked = 0;
  for (const file of files) {
    for (const target of importsOf(file)) {
      checked += 1;
      const isShared = target.startsWith(join(SOURCE, "lib") + sep);
      const isOwn =
        target.startsWith(FOLDER + sep) && [null, emulatorOf(file)].includes(emulatorOf(target));
      expect(isShared || isOwn, `${relative(SOURCE, file)} → ${relative(SOURCE, target)}`).toBe(
        true,
      );
    }
  }
  expect(checked).toBeGreaterThan(50);
});
