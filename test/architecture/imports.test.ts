import { readFileSync } from "node:fs";
import { globSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");
const SOURCE = join(ROOT, "src");
/** Folders whose subfolders are strangers to each other. */
const SEPARATE = ["dialects", "formats", "providers", "emulators"];

interface Import {
  readonly file: string;
  readonly target: string;
  /** Null: a package or a built-in module. */
  readonly path: string | null;
}

/** The table "Who may import whom" of ARCHITECTURE.md: folder → folders, or `all`. */
function readTable(): ReadonlyMap<string, readonly string[] | "all"> {
  const text = readFileSync(join(ROOT, "ARCHITECTURE.md"), "utf8");
  const rows = new Map<string, readonly string[] | "all">();
  const section = text.slice(text.indexOf("## Who may import whom"));
  for (const [, left = "", right = ""] of section.matchAll(/^\| `([^|]+)` \| ([^|]+) \|$/gm)) {
    const allowed =
      right.trim() === "all"
        ? "all"
        : [...right.matchAll(/`([a-z0-9]+)`/g)].map((match) => match[1] ?? "");
    for (const folder of left.split(",")) rows.set(folder.replaceAll("`", "").trim(), allowed);
  }
  return rows;
}

function readImports(): readonly Import[] {
  return globSync("**/*.ts", { cwd: SOURCE }).flatMap((file) => {
    const text = readFileSync(join(SOURCE, file), "utf8");
    const found = [
      ...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;'"]*?\bfrom\s+["']([^"']+)["']/g),
      ...text.matchAll(/\bimport\(\s*["']([^"']+)["']\s*\)/g),
      ...text.matchAll(/(?:^|\n)import\s+["']([^"']+)["']/g),
    ];
    return found.map(([, target = ""]) => ({
      file,
      target,
      path: target.startsWith(".")
        ? relative(SOURCE, resolve(SOURCE, dirname(file), target))
        : null,
    }));
  });
}

const table = readTable();
const imports = readImports();
const folderOf = (path: string) =>
  path.includes("/") ? (path.split("/")[0] ?? "") : path.replace(/\.ts$/, "");
const subfolderOf = (path: string) =>
  path.split("/").length > 2 ? (path.split("/")[1] ?? null) : null;

describe("the borders between folders", () => {
  test("there is a table, it names every folder, and there are imports to check", () => {
    const folders = [...new Set(globSync("**/*.ts", { cwd: SOURCE }).map(folderOf))].toSorted();
    expect([...table.keys()].toSorted()).toEqual(folders);
    expect(imports.filter((each) => each.path !== null).length).toBeGreaterThan(200);
  });

  test("a folder imports only what the table allows", () => {
    const broken = imports.filter(({ file, path }) => {
      if (path === null) return false;
      const from = folderOf(file);
      const to = folderOf(path);
      const allowed = table.get(from);
      return from !== to && allowed !== "all" && !(allowed ?? []).includes(to);
    });
    expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  test("dialects, formats, providers and emulators don't know each other", () => {
    const broken = imports.filter(({ file, path }) => {
      if (path === null || !SEPARATE.includes(folderOf(file)) || folderOf(path) !== folderOf(file))
        return false;
      const from = subfolderOf(file);
      const to = subfolderOf(path);
      return from !== null && to !== null && from !== to;
    });
    expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });

  test("the core imports no packages, and nothing is imported from outside the sources", () => {
    const broken = imports.filter(
      ({ file, target, path }) =>
        (path === null && folderOf(file) === "core" && !target.startsWith("node:")) ||
        path?.startsWith("..") === true,
    );
    expect(broken.map(({ file, target }) => `${file} imports ${target}`)).toEqual([]);
  });
});
