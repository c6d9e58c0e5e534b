import { randomBytes } from "node:crypto";

/** `01` and mixed case, as Anthropic's own: whoever changes the case of an id loses the object. */
export function newId(prefix: string): string {
  let id = "01";
  while (id.length < ID_CHARACTERS) {
    id += randomBytes(ID_CHARACTERS).toString("base64").replaceAll(/[+/=]/g, "");
  }
  return prefix + id.slice(0, ID_CHARACTERS);
}

const ID_CHARACTERS = 24;
