import { randomText } from "../random-text.ts";

/** Lower case letters and digits, as the ids of jobs have them. */
export function newId(characters: number): string {
  let id = "";
  while (id.length < characters) id += BigInt(`0x${randomText(16, "hex")}`).toString(36);
  return id.slice(0, characters);
}
