import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { addressOf, runCrossbatch, written } from "./run-crossbatch.ts";

// The entry is plain JavaScript, which has no types.
const nodeVersion: string = new URL("../../bin/node-version.js", import.meta.url).href;
const { refuseNodeVersion } = z
  .object({ refuseNodeVersion: z.custom<(version: string) => string | null>() })
  .parse(await import(nodeVersion));

let root = "";
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "crossbatch-cli-"));
});
afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

function newDirectory(): Promise<string> {
  return mkdtemp(join(root, "run-"));
}

describe("Node itself", () => {
  test.each([
    ["22.19.0", true],
    ["22.19.3", true],
    ["23.0.0", true],
    ["24.21.0", true],
    ["100.0.0", true],
    ["22.18.9", false],
    ["22.2.18", false],
    ["21.99.0", false],
    ["20.20.2", false],
    ["8.17.0", false],
  ])("%s will do: %s", (version, isGood) => {
    expect(refuseNodeVersion(version) === null).toBe(isGood);
  });

  test("an older one gets one clear sentence and an exit code of 1", async () => {
    const sentence = refuseNodeVersion("20.20.2");
    expect(sentence).toMatch(
      /^Crossbatch needs Node 22\.19 or newer, and this is Node 20\.20\.2: [^.]+\.$/,
    );
    const older = olderNodes();
    for (const { path, version } of older) {
      const run = runCrossbatch({ directory: await newDirectory(), node: path });
      expect([await run.ended, run.errors(), run.output()]).toEqual([
        1,
        `${refuseNodeVersion(version)}\n`,
        "",
      ]);
    }
  });
});

/** Those on the PATH that the program must refuse; there may be none. */
function olderNodes(): readonly { readonly path: string; readonly version: string }[] {
  return (process.env["PATH"] ?? "").split(delimiter).flatMap((folder) => {
    const path = join(folder, "node");
    try {
      const version = execFileSync(path, ["-p", "process.versions.node"], {
        encoding: "utf8",
      }).trim();
      return refuseNodeVersion(version) === null ? [] : [{ path, version }];
    } catch {
      return [];
    }
  });
}

describe("a configuration that is wrong", () => {
  test("ends the program with 1 and every problem on stderr", async () => {
    const directory = await newDirectory();
    await writeFile(join(directory, "crossbatch.yaml"), "prot: 1\nadmin_token: hunter22hunter22\n");
    const environment = { CROSSBATCH_PORT: "http", OPENAI_API_KEY: "sk-hunter22hunter22" };
    for (const words of [[], ["serve"], ["config", "check"]]) {
      const run = runCrossbatch({ directory, environment, words });
      expect(await run.ended).toBe(1);
      expect(run.errors()).toBe(
        [
          "The configuration is wrong:",
          "  prot is no setting; did you mean port?",
          '  CROSSBATCH_PORT must be a whole number from 0 to 65535; it is "http"',
          "",
        ].join("\n"),
      );
      expect(run.output()).not.toContain("hunter22");
    }
  });

  test("that would open the gateway to others is refused", async () => {
    const environment = { CROSSBATCH_HOST: "0.0.0.0", CROSSBATCH_PORT: "0" };
    const run = runCrossbatch({ directory: await newDirectory(), environment });
    expect(await run.ended).toBe(1);
    expect(run.errors()).toMatch(
      /^The configuration is wrong: "0\.0\.0\.0" is an address.*CROSSBATCH_ALLOW_OPEN=true.*\n$/,
    );
  });
});

test("config check says what is set, and of secrets only that they are", async () => {
  const directory = await newDirectory();
  await writeFile(join(directory, "crossbatch.yaml"), "port: 9999\n");
  const environment = { OPENAI_API_KEY: "hunter22hunter22" };
  const run = runCrossbatch({ directory, environment, words: ["config", "check"] });
  expect(await run.ended).toBe(0);
  expect(run.output()).toBe(
    [
      `Read ${join(directory, "crossbatch.yaml")}.`,
      "  port: 9999",
      "  providers.openai.api_key: (a secret is set)",
      "The configuration is good.",
      "",
    ].join("\n"),
  );
});

test.each([
  [["--help"], 0, /Usage: crossbatch/],
  [["help"], 0, /serve .*default/s],
  [["nonsense"], 1, /unknown command 'nonsense'/],
  [["serve", "nonsense"], 1, /too many arguments/],
])("crossbatch %j", async (words, code, text) => {
  const run = runCrossbatch({ directory: await newDirectory(), words });
  expect(await run.ended).toBe(code);
  expect(run.output() + run.errors()).toMatch(text);
});

describe("emulated providers", () => {
  test("are started on free ports, and say where they are", async () => {
    const directory = await newDirectory();
    const words = ["emulate", "openai", "--speed", "instant", "--api-key", "my-key"];
    const run = runCrossbatch({ directory, words });
    const url = await written(run, /^openai {2}base URL (\S+) /);
    const headers = { authorization: "Bearer my-key" };
    expect((await fetch(`${url}/batches`, { headers })).status).toBe(200);
    run.child.kill("SIGTERM");
    expect(await run.ended).toBe("SIGTERM");
  });

  test.each([
    [["mars"], /There is no emulator for 'mars'; there are emulators for: openai/],
    [["--port", "high"], /It must be a whole number/],
  ])("that are asked for wrongly (%j) are refused", async (words, text) => {
    const run = runCrossbatch({ directory: await newDirectory(), words: ["emulate", ...words] });
    expect(await run.ended).toBe(1);
    expect(run.errors()).toMatch(text);
  });
});

describe("the gateway", () => {
  const environment = { CROSSBATCH_PORT: "0", OPENAI_API_KEY: "sk-a-key-of-the-operator" };

  test.each(["SIGTERM", "SIGINT"] as const)(
    "serves until %s, and then ends with 0",
    async (signal) => {
      const run = runCrossbatch({ directory: await newDirectory(), environment });
      const url = await addressOf(run);
      expect((await fetch(`${url}/healthz`)).status).toBe(200);
      const ready = await fetch(`${url}/readyz`);
      expect([ready.status, await ready.json()]).toEqual([
        200,
        { status: "ready", checks: { database: "ok", blobs: "ok" } },
      ]);
      expect(await (await fetch(`${url}/metrics`)).text()).toContain(
        "crossbatch_queue_age_seconds",
      );
      run.child.kill(signal);
      expect(await run.ended).toBe(0);
      expect(run.errors()).toBe("");
    },
  );

  test("isn't ready while its blobs can't be kept", async () => {
    const directory = await newDirectory();
    const run = runCrossbatch({ directory, environment });
    const url = await addressOf(run);
    await rm(join(directory, ".crossbatch", "blobs"), { recursive: true });
    await writeFile(join(directory, ".crossbatch", "blobs"), "in the way");
    const broken = await fetch(`${url}/readyz`);
    expect([broken.status, await broken.json()]).toEqual([
      503,
      {
        status: "unavailable",
        checks: { database: "ok", blobs: expect.not.stringMatching(/^ok$/) },
      },
    ]);
    run.child.kill("SIGTERM");
    expect(await run.ended).toBe(0);
  });

  test("a second signal doesn't wait for what the first one waits for", async () => {
    const run = runCrossbatch({ directory: await newDirectory(), environment });
    const url = await addressOf(run);
    // A body that never ends keeps the first signal waiting for its grace.
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.write(
      "POST /v1/batches HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\nexpect: 100-continue\r\n\r\n",
    );
    const [taken]: unknown[] = await once(socket, "data");
    expect(String(taken)).toContain("100 Continue");
    run.child.kill("SIGTERM");
    await expect.poll(() => isRefused(url), { timeout: 20_000 }).toBe(true);
    expect(run.child.exitCode).toBeNull();
    run.child.kill("SIGTERM");
    expect(await run.ended).toBe(128 + 15);
    socket.destroy();
  });

  test("says so in one sentence where its port or its data directory is taken", async () => {
    const directory = await newDirectory();
    const first = runCrossbatch({ directory, environment });
    const { port } = new URL(await addressOf(first));
    const samePort = runCrossbatch({
      directory: await newDirectory(),
      environment: { ...environment, CROSSBATCH_PORT: port },
    });
    expect(await samePort.ended).toBe(1);
    expect(samePort.errors()).toMatch(/^Crossbatch can't start: .*CROSSBATCH_PORT.*\n$/);
    const sameData = runCrossbatch({ directory, environment });
    expect(await sameData.ended).toBe(1);
    expect(sameData.errors()).toMatch(/^Crossbatch can't start: .*CROSSBATCH_DATA_DIR\)\.\n$/);
    first.child.kill("SIGTERM");
    expect(await first.ended).toBe(0);
  });

  test("keeps to the directory it is told", async () => {
    const directory = await newDirectory();
    const data = join(directory, "elsewhere");
    await mkdir(data);
    const run = runCrossbatch({
      directory,
      environment: { ...environment, CROSSBATCH_DATA_DIR: data },
    });
    await addressOf(run);
    run.child.kill("SIGTERM");
    await run.ended;
    await expect(rm(join(directory, ".crossbatch"))).rejects.toThrow("ENOENT");
  });
});

function isRefused(url: string): Promise<boolean> {
  return fetch(`${url}/healthz`).then(
    () => false,
    () => true,
  );
}
