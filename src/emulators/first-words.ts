/** What a text begins with, its words one space apart. Only so much of it is looked at as is needed. */
export function firstWords(text: string, characters: number): string {
  let words = "";
  for (const [word] of text.matchAll(/\S+/g)) {
    words += words === "" ? word : ` ${word}`;
    if (words.length >= characters) break;
  }
  return words.slice(0, characters);
}
