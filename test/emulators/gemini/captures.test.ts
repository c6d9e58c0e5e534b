import { expect, test } from "vitest";
import { exchange } from "../../support/raw-http.ts";
import type { Capture } from "../../support/sdk-captures.ts";
import { bytesOf, readCaptures } from "../../support/sdk-captures.ts";
import { startStage } from "./stage.ts";

/** As the captures were taken: with this key, and below this path of a gateway. */
const CAPTURED_KEY = "gkey";
const PREFIX = "/gemini";

interface Known {
  readonly uploadId: string;
  readonly file: string;
  readonly batch: string;
}

/** The names in a capture are those of the recorder; here are other ones. */
function adapt(capture: Capture, known: Partial<Known>): Capture {
  const { uploadId = "U1", file = "files/in", batch = "batches/1" } = known;
  const url = capture.url
    .slice(PREFIX.length)
    .replace("upload_id=U1", `upload_id=${uploadId}`)
    .replace("/batches/1", `/${batch}`)
    .replace("files/batch-x:", `${batch.replace("batches/", "files/batch-")}:`)
    .replace("&pageToken=t", "");
  const body = Buffer.from(capture.body.toString("latin1").replace("files/in", file), "latin1");
  const headers = capture.headers.map(([name, value]) =>
    name.toLowerCase() === "content-length"
      ? ([name, String(body.length)] as const)
      : ([name, value] as const),
  );
  return { ...capture, url, headers, body };
}

test.each(["google-genai-js-2.32.0", "google-genai-python-2.25.0"])(
  "what %s sends is understood, request by request",
  async (name) => {
    await using stage = await startStage({ apiKeys: [CAPTURED_KEY] });
    const captures = readCaptures(name);
    expect(captures.length).toBeGreaterThan(15);
    const send = async (capture: Capture, known: Partial<Known> = {}) => {
      const answer = await exchange(stage.url, bytesOf(adapt(capture, known)));
      expect(answer.status, `${capture.url}: ${answer.body.toString()}`).toBe(200);
      return answer;
    };
    const pick = (method: string, pattern: RegExp) =>
      captures.filter(({ method: sent, url }) => sent === method && pattern.test(url));

    const starts = pick("POST", /files$/);
    const chunks = pick("POST", /upload_id=/);
    const files: string[] = [];
    for (const [index, chunk] of chunks.entries()) {
      const start = starts[index];
      if (start === undefined) throw new Error("an upload has no start");
      const begun = await send(start);
      const url = new URL(begun.headers["x-goog-upload-url"] ?? "");
      const uploadId = url.searchParams.get("upload_id") ?? "";
      const ended = await send(chunk, { uploadId });
      expect(ended.headers["x-goog-upload-status"]).toBe("final");
      files.push(JSON.parse(ended.body.toString()).file.name);
    }
    expect(files).toEqual([expect.stringMatching(/^files\/\w{12}$/), "files/abc"]);
    const [file = ""] = files;

    const batches: string[] = [];
    for (const create of pick("POST", /:batchGenerateContent$/)) {
      batches.push(JSON.parse((await send(create, { file })).body.toString()).name);
    }
    const [first = "", second = ""] = batches;
    expect(second).toMatch(/^batches\//);
    await embed(pick("POST", /:asyncBatchEmbedContent$/));
    await stage.control.complete(first);

    for (const read of pick("GET", /./)) {
      const answer = await send(read, { batch: first });
      const isDownload = read.url.includes(":download");
      expect(answer.body.toString()).toContain(isDownload ? '"key":"a"' : '"name"');
    }
    for (const cancel of pick("POST", /:cancel$/)) await send(cancel, { batch: second });
    expect(await stage.control.advance(second)).toBe("CANCELLED");
    for (const remove of pick("DELETE", /./)) await send(remove, { batch: second });
    const left = stage.control.files().map((one) => one.name);
    expect(left).not.toContain("files/abc");

    /** Their input has the shape of embeddings, which the capture's own doesn't have. */
    async function embed(creates: readonly Capture[]): Promise<void> {
      const lines = JSON.stringify({ key: "a", request: { content: { parts: [{ text: "a" }] } } });
      const upload = await stage.call("POST", "/upload/v1beta/files", {
        key: CAPTURED_KEY,
        body: lines,
        headers: { "x-goog-upload-protocol": "raw" },
      });
      for (const create of creates) {
        const answer = await send(create, { file: upload.json.file.name });
        expect(JSON.parse(answer.body.toString()).metadata["@type"]).toMatch(/EmbedContentBatch$/);
      }
      expect(creates).toHaveLength(2);
    }
  },
);
