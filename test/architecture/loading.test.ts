import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const source = (name: string): string => new URL(`../../src/${name}`, import.meta.url).href;

test("a gateway on embedded storage loads nothing of PostgreSQL's or of AWS's", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "crossbatch-test-"));
  const script = `
    import { registerHooks } from "node:module";
    const packages = new Set();
    registerHooks({
      load(url, context, next) {
        packages.add(/.*\\/node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1] ?? "ours");
        return next(url, context);
      },
    });
    const { createApp } = await import("${source("app.ts")}");
    const { createConfig } = await import("${source("config/schema.ts")}");
    const config = createConfig({ port: 0, dataDir: ${JSON.stringify(dataDir)}, log: { level: "silent" } });
    const app = await createApp(config);
    await app.start();
    await app.stop();
    console.log(JSON.stringify([...packages]));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script]);
  await rm(dataDir, { recursive: true });
  const packages = JSON.parse(stdout) as readonly string[];
  expect(packages).toEqual(expect.arrayContaining(["ours", "fastify", "better-sqlite3"]));
  expect(packages.filter((name) => /^pg|^@aws|^@smithy/.test(name))).toEqual([]);
});
