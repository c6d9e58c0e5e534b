import { ANN_KEY } from "../support/secrets.ts";
import { type HostileCase, PREFIX } from "./sending.ts";

/** A request of another kind hidden behind or inside; only a server that reads lengths otherwise than we answers it. */
const HIDDEN = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n";

type Maker = (path: string, key: string) => string;

const start = (path: string, key: string, method = "POST") =>
  `${method} ${path} HTTP/1.1\r\nhost: gateway.test\r\nx-api-key: ${key}\r\nanthropic-version: 2023-06-01\r\n`;

const withBody =
  (headers: string, body: string): Maker =>
  (path, key) =>
    `${start(path, key)}connection: close\r\ncontent-type: application/json\r\n${headers}\r\n\r\n${body}`;

const REQUESTS: readonly (readonly [what: string, make: Maker])[] = [
  [
    "a length and chunks",
    withBody("content-length: 5\r\ntransfer-encoding: chunked", `0\r\n\r\n${HIDDEN}`),
  ],
  [
    "chunks and a length",
    withBody("transfer-encoding: chunked\r\ncontent-length: 5", `0\r\n\r\n${HIDDEN}`),
  ],
  ["two lengths", withBody("content-length: 2\r\ncontent-length: 50", `{}${HIDDEN}`)],
  ["two lengths in one header", withBody("content-length: 2, 50", `{}${HIDDEN}`)],
  ["a negative length", withBody("content-length: -1", HIDDEN)],
  ["a length with a sign", withBody("content-length: +2", `{}${HIDDEN}`)],
  ["a length in hexadecimals", withBody("content-length: 0x2", `{}${HIDDEN}`)],
  ["a length beyond all numbers", withBody(`content-length: ${"9".repeat(40)}`, "{}")],
  ["an empty length", withBody("content-length: ", HIDDEN)],
  ["a length with a tab", withBody("content-length:\t2\t", "{}")],
  [
    "chunks that are chunked twice",
    withBody("transfer-encoding: chunked, chunked", `0\r\n\r\n${HIDDEN}`),
  ],
  ["chunks and identity", withBody("transfer-encoding: chunked, identity", `0\r\n\r\n${HIDDEN}`)],
  ["an encoding nobody knows", withBody("transfer-encoding: xchunked", `0\r\n\r\n${HIDDEN}`)],
  ["an encoding behind a space", withBody("transfer-encoding : chunked", `0\r\n\r\n${HIDDEN}`)],
  [
    "an encoding on a folded line",
    withBody("transfer-encoding:\r\n chunked", `0\r\n\r\n${HIDDEN}`),
  ],
  [
    "an encoding behind a vertical tab",
    withBody("transfer-encoding: \u000bchunked", `0\r\n\r\n${HIDDEN}`),
  ],
  ["a chunk of a negative size", withBody("transfer-encoding: chunked", "-1\r\nx\r\n0\r\n\r\n")],
  [
    "a chunk of a size beyond all numbers",
    withBody("transfer-encoding: chunked", `${"f".repeat(40)}\r\nx\r\n`),
  ],
  [
    "a chunk whose size is no number",
    withBody("transfer-encoding: chunked", "zz\r\n{}\r\n0\r\n\r\n"),
  ],
  [
    "a chunk that is longer than it says",
    withBody("transfer-encoding: chunked", "1\r\n{}\r\n0\r\n\r\n"),
  ],
  [
    "a chunk with a long extension",
    withBody("transfer-encoding: chunked", `2;${"e".repeat(50_000)}\r\n{}\r\n0\r\n\r\n`),
  ],
  ["chunks with bare line feeds", withBody("transfer-encoding: chunked", "2\n{}\n0\n\n")],
  [
    "a trailer with a length",
    withBody("transfer-encoding: chunked", "2\r\n{}\r\n0\r\ncontent-length: 5\r\n\r\n"),
  ],
  [
    "a body of a GET that hides a request",
    (path, key) =>
      `${start(path, key, "GET")}connection: close\r\ncontent-length: ${HIDDEN.length}\r\n\r\n${HIDDEN}`,
  ],
  [
    "a header name with a space",
    (path, key) => `${start(path, key, "GET")}x y: z\r\nconnection: close\r\n\r\n`,
  ],
  [
    "a header with a NUL",
    (path, key) => `${start(path, key, "GET")}x: a\u0000b\r\nconnection: close\r\n\r\n`,
  ],
  [
    "a header with a bare carriage return",
    (path, key) => `${start(path, key, "GET")}x: a\rb: c\r\nconnection: close\r\n\r\n`,
  ],
  [
    "a header on a folded line",
    (path, key) => `${start(path, key, "GET")}x: a\r\n b\r\nconnection: close\r\n\r\n`,
  ],
  [
    "a header without a colon",
    (path, key) => `${start(path, key, "GET")}nothing\r\nconnection: close\r\n\r\n`,
  ],
  [
    "a header of 100,000 bytes",
    (path, key) =>
      `${start(path, key, "GET")}x: ${"h".repeat(100_000)}\r\nconnection: close\r\n\r\n`,
  ],
  [
    "1,000 headers",
    (path, key) => `${start(path, key, "GET")}${"x: y\r\n".repeat(1_000)}connection: close\r\n\r\n`,
  ],
  [
    "two hosts",
    (path, key) => `${start(path, key, "GET")}host: evil.test\r\nconnection: close\r\n\r\n`,
  ],
  ["no host", (path) => `GET ${path} HTTP/1.1\r\nconnection: close\r\n\r\n`],
  [
    "an address of another host",
    (path, key) => `${start(`http://evil.test${path}`, key, "GET")}connection: close\r\n\r\n`,
  ],
  ["no version of HTTP", (path) => `GET ${path}\r\n\r\n`],
  ["a version of HTTP that isn't there", (path) => `GET ${path} HTTP/9.9\r\nhost: x\r\n\r\n`],
  ["the preface of HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a greeting of TLS", () => "\u0016\u0003\u0001\u0002\u0000\u0001\u0000"],
  ["a method nobody knows", (path, key) => `${start(path, key, "BREW")}connection: close\r\n\r\n`],
  [
    "a method in small letters",
    (path, key) => `${start(path, key, "get")}connection: close\r\n\r\n`,
  ],
  ["TRACE", (path, key) => `${start(path, key, "TRACE")}connection: close\r\n\r\n`],
  ["PATCH", (path, key) => `${start(path, key, "PATCH")}connection: close\r\n\r\n`],
  [
    "OPTIONS",
    (path, key) =>
      `${start(path, key, "OPTIONS")}origin: https://evil.test\r\naccess-control-request-method: POST\r\nconnection: close\r\n\r\n`,
  ],
  [
    "a path of 100,000 bytes",
    (path, key) =>
      `${start(`${path}/${"p".repeat(100_000)}`, key, "GET")}connection: close\r\n\r\n`,
  ],
  [
    "a path with a space",
    (path, key) => `${start(`${path}/a b`, key, "GET")}connection: close\r\n\r\n`,
  ],
  [
    "a path with bytes beyond ASCII",
    (path, key) => `${start(`${path}/\u00e4`, key, "GET")}connection: close\r\n\r\n`,
  ],
  [
    "a change to WebSocket",
    (path, key) =>
      `${start(path, key, "GET")}upgrade: websocket\r\nconnection: upgrade, close\r\n\r\n`,
  ],
  ["an expectation nobody knows", withBody("expect: 200-ok\r\ncontent-length: 2", "{}")],
  ["nothing but line breaks", () => "\r\n\r\n\r\n\r\n"],
];

export const SMUGGLING_CASES: readonly HostileCase[] = (["openai", "anthropic"] as const).flatMap(
  (dialect) => {
    const path = `${PREFIX[dialect]}${dialect === "openai" ? "/batches" : "/messages/batches"}`;
    return REQUESTS.map(([what, make]) => ({
      what: `HTTP with ${what}`,
      dialect,
      bytes: Buffer.from(make(path, ANN_KEY), "latin1"),
    }));
  },
);
