import { connect } from "node:net";

export type DialectName = "openai" | "anthropic";

/** One hostile request: the very bytes, or what they are made of. */
export interface HostileCase {
  readonly what: string;
  readonly dialect: DialectName;
  readonly bytes: Buffer;
}

/** Stands for an id of the sender's own file, and is as long as one: lengths are written before it is known. */
export const OWN_FILE = "OWN_FILE".padEnd("file-".length + 22, "_");

export interface Raw {
  readonly method?: string;
  readonly path: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Buffer;
  /** False: the headers say all there is to say about the length. */
  readonly withLength?: boolean;
}

export const PREFIX: Readonly<Record<DialectName, string>> = {
  openai: "/v1",
  anthropic: "/anthropic/v1",
};

export function rawRequest(apiKey: string, raw: Raw): Buffer {
  const { method = "POST", path, headers = [], body = "", withLength = true } = raw;
  const content = Buffer.from(body);
  const lines = [
    `${method} ${path} HTTP/1.1`,
    "host: gateway.test",
    `x-api-key: ${apiKey}`,
    "anthropic-version: 2023-06-01",
    "connection: close",
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(withLength && content.length > 0 ? [`content-length: ${content.length}`] : []),
  ];
  return Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1"), content]);
}

export interface HostileAnswer {
  readonly status: number;
  /** Status line and headers. */
  readonly head: string;
  readonly text: string;
}

const PATIENCE_MILLISECONDS = 5_000;

/** Every answer that came over the connection until it was closed. Rejects if none came, or it stayed open for too long. */
export async function answersTo(
  url: string,
  bytes: Buffer,
  patienceMilliseconds = PATIENCE_MILLISECONDS,
): Promise<readonly HostileAnswer[]> {
  const { hostname, port } = new URL(url);
  const chunks: Buffer[] = [];
  await new Promise<void>((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setTimeout(patienceMilliseconds, () => {
      socket.destroy(
        new Error(`nothing came in time; before: ${Buffer.concat(chunks).toString()}`),
      );
    });
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.on("close", () => resolve());
    // The gateway may close while the rest is still sent: what it said counts.
    socket.on("error", (error) => (chunks.length > 0 ? resolve() : reject(error)));
    socket.write(bytes);
  });
  const text = Buffer.concat(chunks).toString("utf8");
  const heads = [...text.matchAll(/HTTP\/1\.1 (\d{3}) [^\r]*\r\n/g)];
  if (heads.length === 0) throw new Error(`no answer: ${text.slice(0, 200)}`);
  return heads.map((head, at) => {
    const whole = text.slice(head.index, heads[at + 1]?.index);
    const end = whole.indexOf("\r\n\r\n");
    return { status: Number(head[1]), head: whole.slice(0, end), text: whole.slice(end + 4) };
  });
}
