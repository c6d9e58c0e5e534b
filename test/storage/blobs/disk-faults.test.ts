import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { createDiskBlobs } from "../../../src/storage/blobs/disk.ts";
import { contentOf, keysOf, KIB, measure, MIB, stalling } from "./content.ts";
import { createDiskBed } from "./disk.bed.ts";

const never = new AbortController().signal;

async function filesOf(directory: string): Promise<readonly string[]> {
  const entries = await readdir(join(directory, "objects"), {
    recursive: true,
    withFileTypes: true,
  });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

describe("blobs on disk", () => {
  test("lie in fan-out folders, readable by their owner alone", async () => {
    await using bed = await createDiskBed();
    await bed.store.put("files/abc", contentOf(10), never);
    const [path = ""] = await filesOf(bed.directory);
    expect(path).toMatch(/\/objects\/[0-9a-f]{2}\/files\+abc$/);
    const { mode } = await stat(path);
    expect((mode & 0o777).toString(8)).toBe("600");
    expect(((await stat(join(path, ".."))).mode & 0o777).toString(8)).toBe("700");
    const stores = await createDiskBlobs({ directory: bed.directory });
    expect(await stores.stat("files/abc", never)).toMatchObject({ bytes: 10 });
  });

  test("files that aren't blobs are neither listed nor in the way", async () => {
    await using bed = await createDiskBed();
    await bed.store.put("a", contentOf(10), never);
    const folder = join(bed.directory, "objects");
    await writeFile(join(folder, ".note"), "x");
    await mkdir(join(folder, "lost+found"));
    await writeFile(join(folder, "3f", ".note"), "x");
    const keys = await keysOf(bed.store);
    expect(keys).toEqual(["a"]);
  });

  test("a file cut short while it is read ends in an error", async () => {
    await using bed = await createDiskBed();
    await bed.store.put("a", contentOf(8 * MIB), never);
    const stream = await bed.store.open("a", never);
    const [path = ""] = await filesOf(bed.directory);
    await truncate(path, MIB);
    await expect(measure(stream)).rejects.toMatchObject({ code: "storage_unavailable" });
  });

  test("a process killed in the middle of its puts leaves whole blobs and what the sweep removes", async () => {
    await using bed = await createDiskBed();
    const program = new URL("put-forever.process.ts", import.meta.url).pathname;
    const child = spawn(process.execPath, [program, bed.directory], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const acknowledged: string[] = [];
    child.stdout.setEncoding("utf8").on("data", (text: string) => acknowledged.push(text));
    while (acknowledged.join("").split("\n").length < 6) await sleep(5);
    // Its puts are all between two files at times.
    while ((await bed.unfinished()).length === 0) await sleep(1);
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;

    const told = acknowledged.join("").split("\n").slice(0, -1);
    expect(told.length).toBeGreaterThanOrEqual(5);
    expect((await bed.unfinished()).length).toBeGreaterThan(0);
    const store = await createDiskBlobs({ directory: bed.directory });
    const keys = await keysOf(store);
    for (const line of told) {
      const [key = "", sha256 = ""] = line.split(" ");
      expect(keys).toContain(key);
      expect((await measure(await store.open(key, never))).sha256).toBe(sha256);
    }
    // A blob may be there whose acknowledgement never came; it is whole all the same.
    for (const key of keys) expect(await store.stat(key, never)).toMatchObject({ bytes: 3 * MIB });
    expect(await store.sweepUnfinished(Date.now() + 1_000, never)).toBeGreaterThan(0);
    expect(await bed.unfinished()).toEqual([]);
  });

  test("a disk that is gone is storage_unavailable, and works again when it is back", async () => {
    await using bed = await createDiskBed();
    const { store } = bed;
    await store.put("a", contentOf(10), never);
    const away = `${bed.directory}-away`;
    await rename(bed.directory, away);
    await writeFile(bed.directory, "in the way");
    const unavailable = { code: "storage_unavailable" };
    await expect(store.put("b", contentOf(10), never)).rejects.toMatchObject(unavailable);
    await expect(store.open("a", never)).rejects.toMatchObject(unavailable);
    await expect(store.stat("a", never)).rejects.toMatchObject(unavailable);
    await expect(store.delete("a", never)).rejects.toMatchObject(unavailable);
    await expect(store.ping(never)).rejects.toMatchObject(unavailable);
    await expect(store.sweepUnfinished(0, never)).rejects.toMatchObject(unavailable);
    await expect(keysOf(store)).rejects.toMatchObject(unavailable);
    await expect(createDiskBlobs({ directory: bed.directory })).rejects.toMatchObject(unavailable);
    await rm(bed.directory);
    await rename(away, bed.directory);
    await store.ping(never);
    expect(await store.stat("a", never)).toMatchObject({ bytes: 10 });
  });

  test("a source that hangs after the disk failed doesn't hold the put", async () => {
    await using bed = await createDiskBed();
    await rm(join(bed.directory, "unfinished"), { recursive: true });
    const put = bed.store.put(
      "a",
      stalling(MIB, () => undefined),
      never,
    );
    await expect(put).rejects.toMatchObject({ code: "storage_unavailable" });
  });
});

const small = await mountSmallDisk();

describe.runIf(small !== null)("blobs on a disk of 8 MiB", () => {
  test("one that doesn't fit is storage_full and leaves nothing, and the next one fits", async () => {
    const directory = join(small ?? "", "blobs");
    const store = await createDiskBlobs({ directory });
    try {
      await store.put("fits", contentOf(3 * MIB), never);
      await expect(store.put("large", contentOf(20 * MIB), never)).rejects.toMatchObject({
        code: "storage_full",
      });
      expect(await store.stat("large", never)).toBeNull();
      expect(await readdir(join(directory, "unfinished"))).toEqual([]);
      await store.put("fits-too", contentOf(3 * MIB), never);
      await expect(store.put("tail", contentOf(3 * MIB, 4 * KIB), never)).rejects.toMatchObject({
        code: "storage_full",
      });
      expect(await store.stat("fits", never)).toMatchObject({ bytes: 3 * MIB });
    } finally {
      run("umount", small ?? "");
      await rm(small ?? "", { recursive: true, force: true });
    }
  });
});

/** Null, and a line that says so, where mounting isn't allowed. */
async function mountSmallDisk(): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-small-disk-"));
  const mount = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", folder);
  if (mount === 0) {
    await chmod(folder, 0o700);
    return folder;
  }
  await rm(folder, { recursive: true, force: true });
  process.stderr.write("Not run, for want of the right to mount: blobs on a disk of 8 MiB\n");
  return null;
}

function run(program: string, ...input: readonly string[]): number | null {
  return spawnSync(program, input, { stdio: "ignore" }).status;
}
