import { randomBytes } from "node:crypto";

/** Mixed case, as OpenAI's own: whoever changes the case of an id loses the object. */
export function newId(prefix: string, characters = 24): string {
  let id = "";
  while (id.length < characters) {
    id += randomBytes(characters).toString("base64").replaceAll(/[+/=]/g, "");
  }
  return prefix + id.slice(0, characters);
}
