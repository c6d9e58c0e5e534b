import type { ChatFieldNames, ChatSupport, Support } from "../../../src/core/chat-fields.ts";
import type { EmbeddingFieldNames, EmbeddingSupport } from "../../../src/core/embeddings.ts";
import { CHAT_COLUMNS, type Column, EMBEDDING_COLUMNS, table } from "./columns.ts";

/** Settings of a chat, the name that each API has for them, and what becomes of them. */
export function settingsTable(): string {
  return supportTable("setting", CHAT_COLUMNS, ({ support, fieldNames }) =>
    cells(support.fields, fieldNames),
  );
}

export function partsTable(): string {
  return supportTable("part", CHAT_COLUMNS, ({ support }) => cells(support.parts, {}));
}

export function embeddingSettingsTable(): string {
  return supportTable("setting", EMBEDDING_COLUMNS, ({ support, fieldNames }) =>
    cells(support.fields, fieldNames),
  );
}

export function embeddingInputsTable(): string {
  return supportTable("input", EMBEDDING_COLUMNS, ({ support }) => cells(support.inputs, {}));
}

type Names = ChatFieldNames | EmbeddingFieldNames | Readonly<Record<string, string>>;
type Supports =
  | ChatSupport["fields"]
  | ChatSupport["parts"]
  | EmbeddingSupport["fields"]
  | EmbeddingSupport["inputs"];

function supportTable<Codec>(
  head: string,
  columns: readonly Column<Codec>[],
  read: (codec: Codec) => ReadonlyMap<string, string>,
): string {
  const read0 = columns.map(({ codec }) => read(codec));
  const names = [...(read0[0]?.keys() ?? [])];
  return table(
    [head, ...columns.map(({ title }) => title)],
    names.map((name) => [inWords(name), ...read0.map((column) => column.get(name) ?? "")]),
  );
}

/** A setting that is kept under a name needs no word for that. */
function cells(supports: Supports, names: Names): ReadonlyMap<string, string> {
  const named: ReadonlyMap<string, string> = new Map(Object.entries(names));
  const entries: readonly (readonly [string, Support])[] = Object.entries(supports);
  return new Map(
    entries.map(([name, support]) => {
      const path = named.get(name);
      if (path === undefined || support === "warned" || support === "refused") {
        return [name, support];
      }
      return [name, support === "kept" ? `\`${path}\`` : `${support} \`${path}\``];
    }),
  );
}

/** `parallelToolCalls` → parallel tool calls. */
export function inWords(name: string): string {
  return name.replaceAll(/([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll("_", " ");
}
