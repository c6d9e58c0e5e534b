import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { answerPartsTable, finishTable, usageTable } from "./translation/answer-tables.ts";
import { errorTable } from "./translation/error-table.ts";
import {
  inexpressibleList,
  sdkAnswersTable,
  sdkEmbeddingsTable,
  sdkRequestsTable,
} from "./translation/sdk-tables.ts";
import {
  embeddingInputsTable,
  embeddingSettingsTable,
  partsTable,
  settingsTable,
} from "./translation/support-tables.ts";

const PATH = "../../docs/translation.md";

const TABLES: Readonly<Record<string, () => string>> = {
  settings: settingsTable,
  parts: partsTable,
  "answer parts": answerPartsTable,
  finish: finishTable,
  usage: usageTable,
  errors: errorTable,
  "embedding settings": embeddingSettingsTable,
  "embedding inputs": embeddingInputsTable,
  "sdk requests": sdkRequestsTable,
  "sdk answers": sdkAnswersTable,
  "sdk embeddings": sdkEmbeddingsTable,
  inexpressible: inexpressibleList,
};

const TABLE = /<!-- table: ([\w ]+) -->.*?<!-- end -->/gs;

/** `vitest run test/formats/translation-document.test.ts -u` writes the tables anew. */
test("docs/translation.md has the tables that the code makes", async () => {
  const page = readFileSync(new URL(PATH, import.meta.url), "utf8");
  const found = [...page.matchAll(TABLE)].map(([, name = ""]) => name);
  expect(found.toSorted()).toEqual(Object.keys(TABLES).toSorted());
  const filled = page.replaceAll(TABLE, (_, name: string) => {
    return `<!-- table: ${name} -->\n${TABLES[name]?.() ?? ""}\n<!-- end -->`;
  });
  await expect(filled).toMatchFileSnapshot(PATH);
});
