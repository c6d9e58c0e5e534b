import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { ClientDatabase } from "../../src/core/storage.ts";

const SOURCE = join(import.meta.dirname, "../../src");

/** Whoever acts for everyone, and why. */
const FOR_EVERYONE: Readonly<Record<string, string>> = {
  engine:
    "the background advances batches of all owners, and reads only rows that its own led it to",
  cli: "the audit log and uncertain Parts are the operator's",
};

/** What is asked for by an id that only a row of the client's can have given, or by nothing of a client's. */
const WITHOUT_OWNERS: Readonly<Record<string, readonly string[]>> = {
  FileTable: ["insert", "update", "expired", "namedBlobs"],
  UploadTable: ["insert", "update", "insertPart", "parts", "deleteParts", "expired"],
  BatchTable: [
    "insert",
    "update",
    "unfinished",
    "countByState",
    "accountInUse",
    "inputInUse",
    "uncertainParts",
    "countUncertainParts",
    "hasLookalike",
    "isJobTaken",
    "insertPart",
    "parts",
    "part",
    "updatePart",
  ],
  AliasTable: ["insert"],
  EventTable: ["append"],
};

function membersOf(table: string): readonly { readonly name: string; readonly text: string }[] {
  const text = readFileSync(join(SOURCE, "core/storage.ts"), "utf8");
  const start = text.indexOf(`export interface ${table}<Who`);
  const body = text.slice(start, text.indexOf("\n}\n", start));
  return [...body.matchAll(/^ {2}(\w+)\(([\s\S]*?)\): Promise/gm)].map(
    ([, name = "", parameters = ""]) => ({ name, text: parameters }),
  );
}

describe("rows and their owners", () => {
  test("the foreground's tables know no everyone: the compiler refuses it", () => {
    const ask = (database: ClientDatabase) => [
      // @ts-expect-error -- a request asks for its client's rows only
      database.files.get("x", "every"),
      // @ts-expect-error -- a request asks for its client's rows only
      database.batches.get("x", "every"),
      // @ts-expect-error -- a request asks for its client's rows only
      database.aliases.find("file", "x", "every"),
      // @ts-expect-error -- a request asks for its client's rows only
      database.files.list({ owners: "every", order: "desc", limit: 1 }),
      // @ts-expect-error -- a query without owners is no query
      database.files.get("x"),
      database.files.get("x", ["ann"]),
    ];
    expect(ask).toBeTypeOf("function");
  });

  test("only those who act for everyone say so", () => {
    const files = globSync("**/*.ts", { cwd: SOURCE });
    const found = files.filter((file) =>
      readFileSync(join(SOURCE, file), "utf8").includes('"every"'),
    );
    const folders = [...new Set(found.map((file) => file.split("/")[0] ?? ""))].toSorted();
    // Where the word itself is defined, and where it is put into SQL.
    expect(folders).toEqual([...Object.keys(FOR_EVERYONE), "core", "storage"].toSorted());
    expect(found.filter((file) => /^(?:core|storage)\//.test(file)).toSorted()).toEqual([
      "core/client.ts",
      "core/storage.ts",
      "storage/database/conditions.ts",
    ]);
    const foreground = globSync("{gateway,dialects,server}/**/*.ts", { cwd: SOURCE });
    expect(foreground.length).toBeGreaterThan(50);
    const unbound = foreground.filter((file) =>
      /\b(?:Database|Tables)\b/.test(readFileSync(join(SOURCE, file), "utf8")),
    );
    expect(unbound).toEqual([]);
  });

  test.each(Object.entries(WITHOUT_OWNERS))(
    "a query of %s takes owners, unless it is listed as one that needs none",
    (table, expected) => {
      const members = membersOf(table);
      expect(members.length).toBeGreaterThan(1);
      const without = members.filter(({ text }) => !/\bowners: Who\b|ListQuery<Who>/.test(text));
      expect(without.map(({ name }) => name)).toEqual(expected);
    },
  );
});
