import { describe, expect, test } from "vitest";
import { chatLines } from "../support/batches.ts";
import { startGateway } from "../support/gateway.ts";

const NAMED = [
  { name: "storage_config of an upload", send: uploadTo },
  { name: "output_s3_uri of a batch", send: batchTo },
  { name: "an s3:// id", send: readFrom },
  { name: "an s3:// input file", send: inputFrom },
] as const;

async function uploadTo(url: string, bucket: string): Promise<Response> {
  const form = new FormData();
  form.append("purpose", "batch");
  form.append("storage_config[s3][bucket]", bucket);
  form.append("storage_config[s3][prefix]", "in");
  form.append("file", new Blob([chatLines(1)]), "a.jsonl");
  return fetch(`${url}/v1/files`, { method: "POST", body: form });
}

function batchTo(url: string, bucket: string): Promise<Response> {
  return post(url, { input_file_id: "file-x", output_s3_uri: `s3://${bucket}/out` });
}

function readFrom(url: string, bucket: string): Promise<Response> {
  return fetch(`${url}/v1/files/${encodeURIComponent(`s3://${bucket}/secrets.jsonl`)}/content`);
}

function inputFrom(url: string, bucket: string): Promise<Response> {
  return post(url, { input_file_id: `s3://${bucket}/in.jsonl` });
}

function post(url: string, body: object): Promise<Response> {
  return fetch(`${url}/v1/batches`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ endpoint: "/v1/chat/completions", completion_window: "24h", ...body }),
  });
}

describe("a gateway that other machines reach", () => {
  test.each(NAMED)(
    "refuses a location beyond the default one as $name, and leaves nothing behind",
    async ({ send }) => {
      await using gateway = await startGateway({
        config: {
          host: "0.0.0.0",
          allowOpen: true,
          providers: { bedrock: { s3Uri: "s3://ours/batches" } },
        },
      });
      const url = gateway.url.replace("0.0.0.0", "127.0.0.1");
      for (const bucket of ["theirs", "ours", "ours/batches-of-others"]) {
        const response = await send(url, bucket);
        expect([bucket, [400, 403].includes(response.status)]).toEqual([bucket, true]);
        expect(await response.json()).toMatchObject({
          error: { type: "invalid_request_error", message: expect.any(String) },
        });
      }
      expect(
        (
          await gateway
            .openai()
            .withOptions({ baseURL: `${url}/v1` })
            .files.list()
        ).data,
      ).toEqual([]);
    },
  );
});
