import { randomText } from "../random-text.ts";

/** `01` and mixed case, as Anthropic's own: whoever changes the case of an id loses the object. */
export function newId(prefix: string): string {
  let id = "01";
  while (id.length < ID_CHARACTERS) {
    id += randomText(ID_CHARACTERS, "base64").replaceAll(/[+/=]/g, "");
  }
  return prefix + id.slice(0, ID_CHARACTERS);
}

const ID_CHARACTERS = 24;
