import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);
const source = (name: string): string =>
  new URL(`../../../src/storage/scheduler/${name}`, import.meta.url).href;

test("pg-boss is loaded for PostgreSQL only", async () => {
  const script = `
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({
      load(url, context, next) {
        urls.push(url);
        return next(url, context);
      },
    });
    const isLoaded = () => urls.some((url) => url.includes("/node_modules/pg-boss/"));
    const { openScheduler } = await import("${source("scheduler.ts")}");
    await openScheduler({ connection: {}, url: null, now: Date.now, log: console });
    const embedded = isLoaded();
    await import("${source("pg-boss.ts")}");
    console.log(JSON.stringify({ embedded, postgres: isLoaded() }));
  `;
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", script]);
  expect(JSON.parse(stdout)).toEqual({ embedded: false, postgres: true });
});
