import { randomText } from "../random-text.ts";

/** Mixed case, as OpenAI's own: whoever changes the case of an id loses the object. */
export function newId(prefix: string, characters = 24): string {
  let id = "";
  while (id.length < characters) {
    id += randomText(characters, "base64").replaceAll(/[+/=]/g, "");
  }
  return prefix + id.slice(0, characters);
}
