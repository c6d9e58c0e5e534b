// https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html

import { Readable } from "node:stream";
import { request as send } from "undici";
import { computeSignatureV4 } from "../../lib/signature-v4.ts";
import type { ObjectStore, StoredKey } from "../object-store.ts";

export interface S3Account {
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface S3Request {
  readonly method: "GET" | "PUT";
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: AsyncIterable<Uint8Array>;
}

type Call = (request: S3Request) => Promise<AsyncIterable<Uint8Array>>;

/** Buckets at an address: an S3 emulator of another process, or any other S3 with path-style addresses. */
export function createHttpStore(url: string, account: S3Account): ObjectStore {
  const call: Call = async (request) => {
    const { path, query = "", headers = {}, body, method } = request;
    const address = `${new URL(url).origin}${path}${query === "" ? "" : `?${query}`}`;
    const signed = { ...headers, ...sign(request, new URL(url).host, account) };
    const response = await send(address, {
      method,
      headers: signed,
      body: body === undefined ? null : Readable.from(body),
    });
    if (response.statusCode >= 300) throw toError(await response.body.text(), response.statusCode);
    return response.body;
  };
  return {
    list: async (bucket, prefix) => {
      const found: StoredKey[] = [];
      for (let token: string | null = ""; token !== null;) {
        const from: string = token === "" ? "" : `continuation-token=${encode(token)}&`;
        const query = `${from}encoding-type=url&list-type=2&prefix=${encode(prefix)}`;
        const page = await textOf(await call({ method: "GET", path: `/${bucket}`, query }));
        found.push(...keysIn(page));
        token = textIn(page, "NextContinuationToken");
      }
      return found;
    },
    read: async function* read(bucket, key) {
      yield* await call({ method: "GET", path: pathOf(bucket, key) });
    },
    write: async (bucket, key, { bytes, chunks, contentType }) => {
      const headers = { "content-length": String(bytes), "content-type": contentType };
      const body = chunks();
      await textOf(await call({ method: "PUT", path: pathOf(bucket, key), headers, body }));
    },
  };
}

function pathOf(bucket: string, key: string): string {
  return `/${bucket}/${key.split("/").map(encode).join("/")}`;
}

/** RFC 3986: all but unreserved characters. */
function encode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function sign(request: S3Request, host: string, account: S3Account): Record<string, string> {
  const { method, path, query = "" } = request;
  const { region, accessKeyId, secretAccessKey } = account;
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, "");
  const date = time.slice(0, 8);
  const payloadHash = "UNSIGNED-PAYLOAD";
  const headers = { host, "x-amz-content-sha256": payloadHash, "x-amz-date": time };
  const signedHeaders = Object.keys(headers);
  const signature = computeSignatureV4(
    { method, path, query, headers },
    { date, region, service: "s3", signedHeaders },
    { secretAccessKey, payloadHash },
  );
  const credential = `${accessKeyId}/${date}/${region}/s3/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(";")}, Signature=${signature}`;
  return { ...headers, authorization };
}

function keysIn(page: string): readonly StoredKey[] {
  return [...page.matchAll(/<Contents>(.*?)<\/Contents>/gs)].map(([, contents = ""]) => ({
    key: decodeURIComponent(textIn(contents, "Key") ?? ""),
    bytes: Number(textIn(contents, "Size") ?? 0),
  }));
}

function textIn(xml: string, element: string): string | null {
  return new RegExp(`<${element}>([^<]*)</${element}>`).exec(xml)?.[1] ?? null;
}

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const read: Uint8Array[] = [];
  for await (const chunk of chunks) read.push(chunk);
  return Buffer.concat(read).toString("utf8");
}

function toError(body: string, status: number): Error {
  const message = textIn(body, "Message") ?? `S3 answered ${status}.`;
  return new Error(`${textIn(body, "Code") ?? status}: ${message}`);
}
