import { type ChildProcess, execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { existsSync, globSync } from "node:fs";
import { chown, mkdtemp, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { Client } from "pg";

const run = promisify(execFile);

export interface TestDatabase {
  readonly url: string;
  drop(): Promise<void>;
}

/** An empty database of its own, or null if no server is reachable. */
export async function createTestDatabase(): Promise<TestDatabase | null> {
  const server = serverAddress();
  const name = `crossbatch_test_${process.pid}_${randomBytes(6).toString("hex")}`;
  const admin = await connect(server.href);
  if (admin === null) return null;
  try {
    await admin.query(`create database ${name}`);
  } finally {
    await admin.end();
  }
  const own = new URL(server);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    async drop() {
      const client = await connect(server.href);
      if (client === null) throw new Error(`${name} can't be dropped: its server is gone`);
      try {
        await client.query(`drop database if exists ${name} with (force)`);
      } finally {
        await client.end();
      }
    },
  };
}

export async function isServerReachable(): Promise<boolean> {
  const client = await connect(serverAddress().href);
  await client?.end();
  return client !== null;
}

function serverAddress(): URL {
  const configured = process.env["CROSSBATCH_TEST_DATABASE_URL"];
  return new URL(configured ?? "postgres://postgres@127.0.0.1:5432/postgres");
}

/**
 * Whether the tests named `suite` can run. If not, one line says so, unless `CROSSBATCH_TEST_REQUIRE` contains
 * `postgres`: then that is an error.
 */
export function canRun(available: boolean, suite: string): boolean {
  if (available) return true;
  if (isRequired("postgres")) {
    throw new Error(`${suite} must run, but there is no PostgreSQL for it`);
  }
  process.stderr.write(`Not run, for want of PostgreSQL: ${suite}\n`);
  return false;
}

function isRequired(name: string): boolean {
  return (process.env["CROSSBATCH_TEST_REQUIRE"] ?? "").split(",").includes(name);
}

/** Whether `startOwnCluster` can. */
export function isInstalled(): boolean {
  return findBinaries() !== null;
}

export interface Cluster {
  readonly url: string;
  /** `immediate` ends it as a crash would. */
  stop(how?: "fast" | "immediate"): Promise<void>;
  start(): Promise<void>;
  restart(): Promise<void>;
  /** Stops it and removes its files. */
  destroy(): Promise<void>;
}

/** A PostgreSQL server of its own in a temporary folder, or null if PostgreSQL isn't installed. */
export async function startOwnCluster(): Promise<Cluster | null> {
  const binaries = findBinaries();
  if (binaries === null) return null;
  const user = await serverUser();
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-postgres-"));
  if (user !== null) await chown(folder, user.uid, user.gid);
  const data = join(folder, "data");
  await run(
    join(binaries, "initdb"),
    ["-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"],
    { ...user, cwd: folder },
  );
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server: ChildProcess | null = null;

  async function stop(how: "fast" | "immediate" = "fast"): Promise<void> {
    const stopping = server;
    server = null;
    if (stopping === null || stopping.exitCode !== null) return;
    const exited = once(stopping, "exit");
    stopping.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
    await exited;
  }

  async function start(): Promise<void> {
    const settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "fsync=off"];
    const starting = spawn(
      join(binaries ?? "", "postgres"),
      ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
      { ...user, cwd: folder, stdio: ["ignore", "ignore", "pipe"] },
    );
    server = starting;
    let log = "";
    starting.stderr.on("data", (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
    });
    for (;;) {
      const client = await connect(url);
      if (client !== null) return client.end();
      if (starting.exitCode !== null) throw new Error(`PostgreSQL didn't start:\n${log}`);
      await sleep(50);
    }
  }

  // A test run that ends early leaves no server behind.
  const killAtExit = (): void => {
    server?.kill("SIGQUIT");
  };
  process.once("exit", killAtExit);
  await start();
  return {
    url,
    stop,
    start,
    async restart() {
      await stop();
      await start();
    },
    async destroy() {
      await stop("immediate");
      process.off("exit", killAtExit);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function connect(url: string): Promise<Client | null> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    return client;
  } catch {
    return null;
  }
}

/** The folder of `initdb` and `postgres`: the newest of Debian's, else wherever the PATH has them. */
function findBinaries(): string | null {
  const debian = globSync("/usr/lib/postgresql/*/bin/initdb")
    .map((path) => dirname(path))
    .sort((one, other) => one.localeCompare(other, "en", { numeric: true }))
    .toReversed();
  const onPath = (process.env["PATH"] ?? "").split(delimiter);
  const complete = [...debian, ...onPath].filter(
    (folder) => existsSync(join(folder, "initdb")) && existsSync(join(folder, "postgres")),
  );
  return complete[0] ?? null;
}

/** PostgreSQL refuses to run as root; the account that its package made is there for it. */
async function serverUser(): Promise<{ readonly uid: number; readonly gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const id = async (option: string): Promise<number> =>
    Number((await run("id", [option, "postgres"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a listening TCP server has one
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}
