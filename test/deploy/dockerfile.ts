/** One line of a Dockerfile, its continuations joined. */
export interface Instruction {
  readonly keyword: string;
  readonly rest: string;
}

export interface Stage {
  /** What it is built on: `node:24-slim`. */
  readonly base: string;
  /** What later stages copy from it by; null for one that nobody copies from. */
  readonly name: string | null;
  readonly instructions: readonly Instruction[];
}

/** As https://docs.docker.com/reference/dockerfile/ has it, for what ours uses. Throws on a line that is no instruction. */
export function parseDockerfile(text: string): readonly Stage[] {
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  const lines = text.replaceAll(/\\\n/g, " ").split("\n");
  for (const line of lines.map((each) => each.trim())) {
    if (line === "" || line.startsWith("#")) continue;
    const [, keyword = "", rest = ""] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (keyword === "FROM") {
      const [, base = "", name = null] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      stages.push({ base, name, instructions: [] });
    } else if (keyword === "" || stage === undefined) {
      throw new Error(`not understood in the Dockerfile: ${line}`);
    } else {
      stage.instructions.push({ keyword, rest });
    }
  }
  return stages;
}
