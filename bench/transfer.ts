import { Agent, type IncomingMessage, request } from "node:http";

export const MIB = 1024 * 1024;
const BOUNDARY = "----bench7c1f4b";
const LINE = `${JSON.stringify({
  custom_id: "line-000000",
  method: "POST",
  url: "/v1/chat/completions",
  body: { model: "gpt-4o-mini", messages: [{ role: "user", content: "x".repeat(2_900) }] },
})}\n`;

export interface Transfer {
  readonly seconds: number;
  readonly bytes: number;
  readonly body: string;
}

/** Uploads so many bytes of batch lines as the SDK does: fields first, the file last. */
export async function upload(url: string, bytes: number, key: string): Promise<Transfer> {
  const head = Buffer.from(
    `--${BOUNDARY}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="bench.jsonl"\r\ncontent-type: application/jsonl\r\n\r\n`,
  );
  const tail = Buffer.from(`\r\n--${BOUNDARY}--\r\n`);
  const chunk = Buffer.from(LINE.repeat(Math.ceil(MIB / LINE.length))).subarray(0, MIB);
  const startedAt = performance.now();
  const call = request(url, {
    method: "POST",
    headers: {
      authorization: `Bearer ${key}`,
      "content-type": `multipart/form-data; boundary=${BOUNDARY}`,
      "content-length": head.length + bytes + tail.length,
    },
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    call.once("response", resolve).once("error", reject);
  });
  call.write(head);
  for (let sent = 0; sent < bytes; sent += chunk.length) {
    if (!call.write(chunk.subarray(0, Math.min(chunk.length, bytes - sent)))) {
      await new Promise((resolve) => call.once("drain", resolve));
    }
  }
  call.end(tail);
  const body = await text(await answered);
  return { seconds: (performance.now() - startedAt) / 1_000, bytes, body };
}

/** Downloads and forgets. */
export async function download(
  url: string,
  key: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Transfer> {
  const startedAt = performance.now();
  const answer = await get(url, key, { headers });
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) bytes += chunk.length;
  if (answer.statusCode !== 200) throw new Error(`${url}: ${answer.statusCode}`);
  return { seconds: (performance.now() - startedAt) / 1_000, bytes, body: "" };
}

export function get(
  url: string,
  key: string,
  {
    headers = {},
    agent,
  }: { readonly headers?: Readonly<Record<string, string>>; readonly agent?: Agent } = {},
): Promise<IncomingMessage> {
  return new Promise<IncomingMessage>((resolve, reject) => {
    request(
      url,
      {
        headers: { authorization: `Bearer ${key}`, ...headers },
        ...(agent === undefined ? {} : { agent }),
      },
      resolve,
    )
      .once("error", reject)
      .end();
  });
}

export async function text(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk);
  const body = Buffer.concat(chunks).toString("utf8");
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode}: ${body.slice(0, 300)}`);
  return body;
}

export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly perSecond: number;
  readonly errors: number;
}

/** So many requests from so many clients, each with a connection of its own. Times in milliseconds. */
export async function measure(
  url: string,
  options: { readonly key: string; readonly clients: number; readonly requests: number },
): Promise<Latency> {
  const agent = new Agent({ keepAlive: true, maxSockets: options.clients });
  const times: number[] = [];
  let errors = 0;
  let left = options.requests;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const startedAt = performance.now();
      try {
        await text(await get(url, options.key, { agent }));
        times.push(performance.now() - startedAt);
      } catch {
        errors += 1;
      }
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: options.clients }, client));
  const seconds = (performance.now() - startedAt) / 1_000;
  agent.destroy();
  times.sort((left, right) => left - right);
  const at = (share: number) =>
    times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99), perSecond: times.length / seconds, errors };
}
