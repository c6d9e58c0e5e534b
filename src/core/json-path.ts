/**
 * A place in a JSON body, as a linked list: a codec descends with one small object per level and no text is built unless
 * an error or a warning has to name the place.
 */
export interface JsonPath {
  readonly parent: JsonPath | null;
  readonly key: string | number;
}

/** The body itself. Its key is never printed. */
export const ROOT: JsonPath = { parent: null, key: "" };

export function childPath(parent: JsonPath, key: string | number): JsonPath {
  return { parent, key };
}

/** The exact place, for errors: `messages[3].content[0].image_url`. */
export function pathText(path: JsonPath): string {
  return printPath(path, (index) => `[${index}]`);
}

/** The place without positions, so that warnings of one kind count together: `messages[].content[].image_url`. */
export function fieldText(path: JsonPath): string {
  return printPath(path, () => "[]");
}

function printPath(path: JsonPath, printIndex: (index: number) => string): string {
  const keys: (string | number)[] = [];
  for (let node = path; node.parent !== null; node = node.parent) keys.push(node.key);
  let text = "";
  for (const key of keys.toReversed()) {
    if (typeof key === "number") text += printIndex(key);
    else if (!/^[\w$-]+$/.test(key)) text += `[${JSON.stringify(key)}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text;
}
