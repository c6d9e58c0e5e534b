import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Instruction, Stage } from "./dockerfile.ts";

export interface BuiltStage {
  /** The folder that stands for the image's `/`. */
  readonly root: string;
  readonly workingDirectory: string;
  readonly environment: Readonly<Record<string, string>>;
  /** What the container would run; empty where the stage says nothing. */
  readonly command: readonly string[];
  readonly user: string | null;
}

export interface BuildContext {
  /** What `docker build` would be given. */
  readonly folder: string;
  readonly stages: ReadonlyMap<string, BuiltStage>;
  readonly say: (line: string) => void;
}

/** The user that the images of Node have. */
export const NODE_USER = 1000;

/**
 * Executes a stage's steps as a container engine would, but in a folder instead of an image: absolute paths are put below
 * it, and what the base image holds (Node, npm, a shell) is this machine's.
 */
export async function buildStage(
  stage: Stage,
  root: string,
  context: BuildContext,
): Promise<BuiltStage> {
  await mkdir(root, { recursive: true });
  let built: BuiltStage = {
    root,
    workingDirectory: "/",
    environment: {},
    command: [],
    user: null,
  };
  for (const instruction of stage.instructions) {
    context.say(`${instruction.keyword} ${instruction.rest}`);
    built = await execute(built, instruction, context);
  }
  return built;
}

async function execute(
  built: BuiltStage,
  { keyword, rest }: Instruction,
  context: BuildContext,
): Promise<BuiltStage> {
  switch (keyword) {
    case "WORKDIR":
      await mkdir(join(built.root, rest), { recursive: true });
      return { ...built, workingDirectory: rest };
    case "ENV":
      return { ...built, environment: { ...built.environment, ...parsePairs(rest) } };
    case "COPY":
      await copy(built, rest, context);
      return built;
    case "RUN":
      await run(built, rest);
      return built;
    case "USER":
      return { ...built, user: rest };
    case "CMD":
      return { ...built, command: parseCommand(rest) };
    case "VOLUME":
    case "EXPOSE":
      return built;
    default:
      throw new Error(`the check doesn't know ${keyword}: teach it`);
  }
}

function parsePairs(text: string): Record<string, string> {
  return Object.fromEntries(
    text.split(/\s+/).map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1) throw new Error(`not understood after ENV: ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function parseCommand(text: string): readonly string[] {
  const words: unknown = JSON.parse(text);
  if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  throw new Error(`CMD must be a list of words, not ${text}`);
}

async function copy(built: BuiltStage, rest: string, context: BuildContext): Promise<void> {
  const words = rest.split(/\s+/);
  const from = /^--from=(.+)$/.exec(words[0] ?? "")?.[1];
  const [target = "", ...sources] = words.slice(from === undefined ? 0 : 1).toReversed();
  const folder = await sourceFolder(from, sources, context);
  const place = join(built.root, built.workingDirectory, target);
  for (const source of sources) {
    const path = target.endsWith("/") ? join(place, basename(source)) : place;
    await mkdir(dirname(path), { recursive: true });
    await cp(join(folder, source), path, { recursive: true, verbatimSymlinks: true });
  }
}

async function sourceFolder(
  from: string | undefined,
  sources: readonly string[],
  { folder, stages }: BuildContext,
): Promise<string> {
  if (from !== undefined) {
    const stage = stages.get(from);
    if (stage === undefined) throw new Error(`COPY from ${from}, which is no earlier stage`);
    return stage.root;
  }
  const ignored = (await readFile(join(folder, ".dockerignore"), "utf8")).split("\n");
  const missing = sources.find((source) => ignored.includes(source));
  if (missing !== undefined) throw new Error(`.dockerignore keeps ${missing} from being copied`);
  return folder;
}

async function run(built: BuiltStage, line: string): Promise<void> {
  const owner = process.getuid?.() === 0 ? NODE_USER : process.getuid?.();
  const command = line
    .replaceAll(/(?<=^|\s)\/(?=\w)/g, `${built.root}/`)
    .replaceAll("node:node", `${owner}:${owner}`);
  const child = spawn("sh", ["-ec", command], {
    cwd: join(built.root, built.workingDirectory),
    env: { ...networkEnvironment(), ...environmentOf(built) },
    stdio: ["ignore", "inherit", "inherit"],
  });
  await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`RUN ${line}: ended with ${child.exitCode}`);
}

const NETWORK =
  /^(?:NODE_EXTRA_CA_CERTS|SSL_CERT_(?:FILE|DIR)|(?:https?|no)_proxy|npm_config_(?:registry|cafile))$/i;

/** How this machine reaches the package registry, which a build is told too. */
function networkEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => NETWORK.test(name)));
}

/** What a process in the container has: the image's own, and this Node as its `node`. */
export function environmentOf({ root, environment }: BuiltStage): Record<string, string> {
  const mapped = Object.entries(environment).map(([name, value]) => [
    name,
    value.startsWith("/") ? root + value : value,
  ]);
  return {
    PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    HOME: process.env["HOME"] ?? root,
    ...Object.fromEntries(mapped),
  };
}
