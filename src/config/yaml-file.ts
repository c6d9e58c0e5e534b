import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { LineCounter, parseDocument } from "yaml";
import { CONFIG_VARIABLE, type Environment, readVariable } from "./environment.ts";

export interface YamlFile {
  /** Null: there is none. */
  readonly path: string | null;
  readonly content: unknown;
  readonly problems: readonly string[];
}

/** The file that CROSSBATCH_CONFIG names, else crossbatch.yaml in the working directory, if there is one. */
export async function readYamlFile(
  environment: Environment,
  workingDirectory: string,
): Promise<YamlFile> {
  const named = readVariable(environment, CONFIG_VARIABLE);
  const path = resolve(workingDirectory, named ?? "crossbatch.yaml");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    if (named === null && code === "ENOENT") return { path: null, content: null, problems: [] };
    const problem = `${named === null ? "crossbatch.yaml" : CONFIG_VARIABLE}: ${path} can't be read (${code})`;
    return { path, content: null, problems: [problem] };
  }
  return { path, ...parseYaml(text, path) };
}

/** Says where it is wrong but not what stands there, which may be a secret. */
function parseYaml(text: string, path: string): Pick<YamlFile, "content" | "problems"> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  if (document.errors.length === 0) return { content: document.toJS(), problems: [] };
  const problems = document.errors.map(({ code, pos: [start] }) => {
    const { line, col } = lineCounter.linePos(start);
    return `${path} isn't valid YAML at line ${line}, column ${col}: ${code.toLowerCase().replaceAll("_", " ")}`;
  });
  return { content: null, problems };
}
