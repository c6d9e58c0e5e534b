import type { JsonPlace, WalkObserver } from "../lib/json-strings.ts";
import { type Reference, toPath } from "./line-references.ts";

/**
 * Items of OpenAI's Responses that say all there is to say of themselves: with these the id is a name and no more. Of others,
 * `item_reference` above all, the id alone brings back what an account has stored.
 * https://platform.openai.com/docs/api-reference/responses/create
 */
const WHOLE_ITEMS: ReadonlySet<string> = new Set([
  "apply_patch_call",
  "apply_patch_call_output",
  "code_interpreter_call",
  "computer_call",
  "computer_call_output",
  "custom_tool_call",
  "custom_tool_call_output",
  "file_search_call",
  "function_call",
  "function_call_output",
  "local_shell_call",
  "local_shell_call_output",
  "mcp_approval_request",
  "mcp_approval_response",
  "mcp_call",
  "mcp_list_tools",
  "message",
  "shell_call",
  "shell_call_output",
  "web_search_call",
]);

/** Items that are whole where they bring what the id stands for. */
const CONTENT_OF: ReadonlyMap<string, string> = new Map([
  ["compaction", "encrypted_content"],
  ["image_generation_call", "result"],
  ["reasoning", "encrypted_content"],
]);

/** Told of each key, string and end of an object of one line; says which items stand for what isn't in the line. */
export class ItemReferences implements WalkObserver {
  readonly #bodyKeys: ReadonlySet<string>;
  readonly #note: (reference: Reference) => void;
  #keys: string[] = [];
  #strings = new Map<string, readonly string[]>();
  #param = "";

  constructor(bodyKeys: ReadonlySet<string>, note: (reference: Reference) => void) {
    this.#bodyKeys = bodyKeys;
    this.#note = note;
  }

  key(place: JsonPlace): void {
    const name = this.#memberAt(place);
    if (name !== null) this.#keys.push(name);
  }

  string(place: JsonPlace, value: () => string): void {
    const name = this.#memberAt(place);
    if (name === null || !(name === "id" || name === "type" || CONTENTS.has(name))) return;
    // What an item brings is long, and only has to be there.
    const text = CONTENTS.has(name) ? String(value() !== "") : value();
    this.#strings.set(name, [...(this.#strings.get(name) ?? []), text]);
    if (name === "id") this.#param = toPath(place);
  }

  leave(place: JsonPlace): void {
    if (place.length !== 3 || !this.#isItem(place)) return;
    const ids = this.#strings.get("id") ?? [];
    if (ids.length > 0 && !this.#isWhole()) {
      for (const name of ids) this.#note({ kind: "account", name, param: this.#param });
    }
    this.#keys = [];
    this.#strings = new Map();
  }

  #isWhole(): boolean {
    // Readers differ on which of two members counts.
    if (new Set(this.#keys).size !== this.#keys.length) return false;
    const [type = ""] = this.#strings.get("type") ?? [];
    const content = CONTENT_OF.get(type);
    if (content === undefined) return WHOLE_ITEMS.has(type);
    return this.#strings.get(content)?.[0] === "true";
  }

  #memberAt(place: JsonPlace): string | null {
    return place.length === 4 && this.#isItem(place) ? (place[3]?.toLowerCase() ?? null) : null;
  }

  #isItem([body, input, index]: JsonPlace): boolean {
    return (
      index === null &&
      input?.toLowerCase() === "input" &&
      this.#bodyKeys.has(body?.toLowerCase() ?? "")
    );
  }
}

const CONTENTS: ReadonlySet<string> = new Set(CONTENT_OF.values());
