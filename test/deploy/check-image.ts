import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { type BuiltStage, buildStage, environmentOf, NODE_USER } from "./build-stage.ts";
import { parseDockerfile } from "./dockerfile.ts";

/*
 * Where no container engine runs: executes the Dockerfile's own steps in an empty folder, starts what it would start, and
 * asks it. `npm run check:image`; needs the package registry.
 */
const project = fileURLToPath(new URL("../../", import.meta.url));
const say = (line: string) => process.stdout.write(`${line}\n`);

const folder = await mkdtemp(join(tmpdir(), "crossbatch-image-"));
try {
  // The image's user must reach what is in it.
  await chmod(folder, 0o755);
  const image = await build();
  await checkGateway(image);
  say("The Dockerfile's steps give a gateway that starts, is ready, and ends when it is told to.");
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function build(): Promise<BuiltStage> {
  const built = new Map<string, BuiltStage>();
  let last: BuiltStage | null = null;
  const stages = parseDockerfile(await readFile(join(project, "Dockerfile"), "utf8"));
  for (const [number, stage] of stages.entries()) {
    say(`FROM ${stage.base}`);
    const major = /^node:(\d+)/.exec(stage.base)?.[1];
    if (process.versions.node.split(".")[0] !== major) {
      throw new Error(`this is Node ${process.versions.node}, the image has ${stage.base}`);
    }
    const context = { folder: project, stages: built, say };
    last = await buildStage(stage, join(folder, `stage-${number}`), context);
    if (stage.name !== null) built.set(stage.name, last);
  }
  if (last === null) throw new Error("the Dockerfile has no stage");
  return last;
}

async function checkGateway(image: BuiltStage): Promise<void> {
  const [program = "", ...words] = image.command;
  const port = await freePort();
  const isRoot = process.getuid?.() === 0;
  if (image.user !== "node") throw new Error("the image must not run as root");
  const gateway = spawn(program, words, {
    cwd: join(image.root, image.workingDirectory),
    env: {
      ...environmentOf(image),
      CROSSBATCH_PORT: String(port),
      CROSSBATCH_ALLOW_OPEN: "true",
    },
    stdio: ["ignore", "inherit", "inherit"],
    ...(isRoot ? { uid: NODE_USER, gid: NODE_USER } : {}),
  });
  const ended = once(gateway, "exit");
  try {
    for (const path of ["/healthz", "/readyz"]) {
      say(`GET ${path}: ${await ask(`http://127.0.0.1:${port}${path}`, () => gateway.exitCode)}`);
    }
    gateway.kill("SIGTERM");
    await ended;
    if (gateway.exitCode !== 0) throw new Error(`the gateway ended with ${gateway.exitCode}`);
  } finally {
    gateway.kill("SIGKILL");
  }
}

/** Again until it listens, for half a minute. */
async function ask(url: string, exitCode: () => number | null): Promise<string> {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await fetch(url).catch(() => null);
    if (answer?.ok === true) return `${answer.status} ${await answer.text()}`;
    if (answer !== null) throw new Error(`${url} answers ${answer.status} ${await answer.text()}`);
    if (exitCode() !== null) throw new Error(`the gateway ended with ${exitCode()}`);
    await sleep(100);
  }
  throw new Error(`${url} doesn't answer`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  return typeof address === "object" && address !== null ? address.port : 0;
}
