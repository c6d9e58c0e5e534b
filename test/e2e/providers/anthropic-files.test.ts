import { NotFoundError, toFile } from "@anthropic-ai/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lastJob } from "../../support/anthropic-batches.ts";
import { chatLines, createBatch, uploadLines, waitForEnd } from "../../support/batches.ts";
import { PROVIDER_KEY } from "../../support/secrets.ts";
import { MODELS, PROVIDERS, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.close());

const BYTES = Buffer.from("0123456789");

describe.each(PROVIDERS)("a file at %s", (provider) => {
  const client = () => world.anthropic({ provider });
  const upload = async (name: string) => client().files.upload({ file: await toFile(BYTES, name) });

  test("lives as long as the client asked, and has expired then", async () => {
    // Where nothing else runs, or the sweep could come with the clock and leave nothing that has expired.
    let now: () => number = Date.now;
    await using world = await startWorld({ now: () => now() });
    const client = () => world.anthropic({ provider });
    const file = await client().files.upload({
      file: await toFile(BYTES, "brief.txt"),
      expires_in_seconds: 3_600,
    });
    const lifetime = Date.parse(file.expires_at ?? "") - Date.parse(file.created_at);
    expect(lifetime).toBe(3_600_000);
    expect(await (await client().files.download(file.id)).text()).toBe(BYTES.toString());
    now = () => Date.now() + 3_700_000;
    try {
      for (const operation of ["retrieveMetadata", "download", "delete"] as const) {
        await expect(client().files[operation](file.id)).rejects.toMatchObject({
          status: 404,
          type: "not_found_error",
          apiMessage: `File has expired: ${file.id}`,
          errorCode: "file_expired",
        });
      }
      expect((await client().files.list()).data.map(({ id }) => id)).not.toContain(file.id);
      expect((await client().files.list({ ids: [file.id] })).data).toEqual([]);
    } finally {
      now = Date.now;
    }
    await client().files.delete(file.id);
  });

  test("is found among others by ids; unknown and deleted ones are left out", async () => {
    const [first, second, third] = [
      await upload("1.txt"),
      await upload("2.txt"),
      await upload("3"),
    ];
    await client().files.delete(second.id);
    const ids = [first.id, second.id, "file_nobodyknowsthis", first.id, "../..", third.id];
    const page = await client().files.list({ ids });
    expect(page.data.map(({ id }) => id).sort()).toEqual([first.id, third.id].sort());
    expect(page.next_page).toBeNull();
    for (const id of [second.id, "file_nobodyknowsthis", "file-nobodyknowsthis"]) {
      await expect(client().files.retrieveMetadata(id)).rejects.toMatchObject({
        constructor: NotFoundError,
        apiMessage: `File not found: ${id}`,
        errorCode: null,
      });
    }
    for (const { id } of [first, third]) await client().files.delete(id);
  });

  test("is read in part", async () => {
    const file = await upload("range.txt");
    const read = (range: string) => client().files.download(file.id, {}, { headers: { range } });
    const middle = await read("bytes=2-5");
    expect([middle.status, middle.headers.get("content-range"), await middle.text()]).toEqual([
      206,
      "bytes 2-5/10",
      "2345",
    ]);
    expect(await (await read("bytes=-3")).text()).toBe("789");
    await expect(read("bytes=10-")).rejects.toMatchObject({
      status: 416,
      type: "invalid_request_error",
    });
    await client().files.delete(file.id);
  });

  test("can be deleted while a batch reads it, which goes on all the same", async () => {
    const { control } = world.emulators[provider];
    control.setSpeed(0);
    const openai = world.openai();
    const count = provider === "bedrock" ? 100 : 3;
    const file = await uploadLines(openai, chatLines(count, MODELS[provider]), { provider });
    const batch = await createBatch(openai, file.id, { provider });
    // Its provider has read it by then.
    for (let step = 0; step < 3; step += 1) await control.advance(lastJob({ control }));
    expect(await client().files.delete(file.id)).toMatchObject({ type: "file_deleted" });
    await expect(client().files.retrieveMetadata(file.id)).rejects.toThrow(NotFoundError);
    control.setSpeed("instant");
    expect(await waitForEnd(openai, batch.id)).toMatchObject({
      status: "completed",
      request_counts: { total: count, completed: count },
    });
  });
});

describe("a file that was made elsewhere at Anthropic", () => {
  async function makeElsewhere(): Promise<string> {
    const form = new FormData();
    form.set("file", new Blob([BYTES]), "elsewhere.txt");
    const response = await fetch(`${world.emulators.anthropic.url}/v1/files`, {
      method: "POST",
      headers: { "anthropic-version": "2023-06-01", "x-api-key": PROVIDER_KEY },
      body: form,
    });
    return ((await response.json()) as { readonly id: string }).id;
  }

  test("that Anthropic gives to nobody is refused in its own words", async () => {
    const id = await makeElsewhere();
    const { files } = world.anthropic();
    expect(await files.retrieveMetadata(id)).toMatchObject({ id, downloadable: false });
    await expect(files.download(id)).rejects.toMatchObject({
      status: 400,
      type: "invalid_request_error",
      errorCode: "file_not_downloadable",
      apiMessage: `File '${id}' is not downloadable.`,
    });
  });

  test("that a tool has made is downloadable, and says so", async () => {
    const id = await makeElsewhere();
    world.emulators.anthropic.control.makeDownloadable(id);
    const { files } = world.anthropic();
    expect(await files.retrieveMetadata(id)).toMatchObject({ id, downloadable: true });
    expect(await (await files.download(id)).text()).toBe(BYTES.toString());
    expect(await files.delete(id)).toEqual({ id, type: "file_deleted" });
    await expect(files.download(id)).rejects.toThrow(NotFoundError);
  });
});
