import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdtemp, open, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

/**
 * The least that a durable pass-through can do: receives a body, hashes it, writes it, fsyncs it, forwards it as it came, and
 * serves it again from disk. It parses no form, knows no rows and no owners.
 */
const upstream = new URL(process.argv[2] ?? "");
const folder = await mkdtemp(join(tmpdir(), "crossbatch-bare-"));

const server = createServer((incoming, outgoing) => {
  const run = async () => {
    if (incoming.method === "GET") {
      const path = join(folder, (incoming.url ?? "").replaceAll("/", ""));
      outgoing.writeHead(200, { "content-length": (await stat(path)).size });
      await pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), outgoing);
      return;
    }
    const name = randomUUID();
    const path = join(folder, name);
    const file = await open(path, "w");
    const hash = createHash("sha256");
    for await (const chunk of incoming as AsyncIterable<Buffer>) {
      hash.update(chunk);
      await file.write(chunk);
    }
    hash.digest("hex");
    await file.sync();
    await file.close();
    const answer = await forward(path, incoming);
    answer.resume();
    outgoing.writeHead(answer.statusCode ?? 500, { "content-type": "application/json" });
    outgoing.end(JSON.stringify({ id: name }));
  };
  run().catch((error: unknown) => {
    outgoing.destroy(error instanceof Error ? error : undefined);
  });
});

async function forward(path: string, incoming: IncomingMessage): Promise<IncomingMessage> {
  const { size } = await stat(path);
  return new Promise<IncomingMessage>((resolve, reject) => {
    const call = request(
      `${upstream.href}/files`,
      {
        method: "POST",
        headers: {
          "content-type": incoming.headers["content-type"] ?? "",
          "content-length": size,
          authorization: incoming.headers.authorization ?? "",
        },
      },
      resolve,
    );
    call.on("error", reject);
    pipeline(createReadStream(path, { highWaterMark: 1024 * 1024 }), call).catch(reject);
  });
}

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${port}` })}\n`);
});
