import { spawnSync } from "node:child_process";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { chatLine, chatLines, createBatch, uploadLines, waitForEnd } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";

const MIB = 1024 * 1024;
const disk = await mountSmallDisk();
afterAll(async () => {
  if (disk === null) return;
  run("umount", disk);
  await rm(disk, { recursive: true, force: true });
});

describe.runIf(disk !== null)("on a disk of 24 MiB", () => {
  test("what doesn't fit is refused with 507, and everything else goes on", async () => {
    await using gateway = await startGateway({ config: { dataDir: join(disk ?? "", "one") } });
    const client = gateway.openai();
    const large = chatLine("large", { user: "x".repeat(30 * MIB) });
    await expect(uploadLines(client, large)).rejects.toMatchObject({ status: 507 });
    const file = await uploadLines(client, chatLines(5));
    const batch = await waitForEnd(client, (await createBatch(client, file.id)).id);
    expect(batch.request_counts).toEqual({ total: 5, completed: 5, failed: 0 });
    expect((await client.files.list({ purpose: "batch" })).data).toHaveLength(1);
  });

  test("a full one refuses writes, still reads, loses nothing and recovers when space returns", async () => {
    const config = { dataDir: join(disk ?? "", "two") };
    await using gateway = await startGateway({ config });
    const client = gateway.openai();
    const { control } = gateway.emulator;
    control.setSpeed(0);
    const text = chatLines(50);
    const file = await uploadLines(client, text);
    const { id } = await createBatch(client, file.id);
    const filler = join(disk ?? "", "filler");
    await fill(filler);
    await expect(uploadLines(client, chatLines(500))).rejects.toMatchObject({ status: 507 });
    expect(await (await client.files.content(file.id)).text()).toBe(text);
    control.setSpeed("instant");
    await expect.poll(() => gateway.log.text(), { timeout: 20_000 }).toMatch(/storage_full|full/);
    await rm(filler);
    const batch = await waitForEnd(client, id);
    expect(batch).toMatchObject({ status: "completed", request_counts: { completed: 50 } });
    expect(control.batches()).toHaveLength(1);
  });
});

async function fill(path: string): Promise<void> {
  const file = await open(path, "w");
  try {
    for (let bytes = MIB; bytes >= 512;) {
      const isFull = await file.write(Buffer.alloc(bytes)).then(
        ({ bytesWritten }) => bytesWritten < bytes,
        () => true,
      );
      if (isFull) bytes /= 2;
    }
  } finally {
    await file.close();
  }
}

/** Null, and a line that says so, where mounting isn't allowed. */
async function mountSmallDisk(): Promise<string | null> {
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-full-disk-"));
  if (run("mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder) === 0) return folder;
  await rm(folder, { recursive: true, force: true });
  process.stderr.write("Not run, for want of the right to mount: the gateway on a full disk\n");
  return null;
}

function run(program: string, ...input: readonly string[]): number | null {
  return spawnSync(program, input, { stdio: "ignore" }).status;
}
