import { randomBytes } from "node:crypto";

/** Lower case letters and digits, as the ids of jobs have them. */
export function newId(characters: number): string {
  let id = "";
  while (id.length < characters) id += BigInt(`0x${randomBytes(16).toString("hex")}`).toString(36);
  return id.slice(0, characters);
}
