import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createScheduler, open } from "./scheduler.bed.ts";

const [address = "", journal = "", holdMilliseconds = "0"] = process.argv.slice(2);
const scheduler = await createScheduler(await open(address), address, {});
const write = (what: string, key: string): void =>
  appendFileSync(journal, `${what} ${key} ${process.pid}\n`);

await scheduler.work(async (key, signal) => {
  write("start", key);
  signal.addEventListener("abort", () => write("aborted", key));
  await sleep(Number(holdMilliseconds), undefined, { signal });
  write("end", key);
});
write("ready", "-");
