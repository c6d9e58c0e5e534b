import { createHash } from "node:crypto";
import { request, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { computeSignatureV4 } from "../../../src/lib/signature-v4.ts";
import { S3_CREDENTIALS, S3_REGION } from "../../support/s3.ts";

export interface RawCall {
  readonly method?: string;
  /** As it goes over the wire. */
  readonly path: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** What the body claims to be; left out: its hash. */
  readonly payloadHash?: string;
  readonly accessKeyId?: string;
  readonly secretAccessKey?: string;
  readonly region?: string;
  readonly service?: string;
  readonly at?: Date;
  /** Headers that are sent unsigned. */
  readonly unsigned?: Readonly<Record<string, string>>;
}

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The `Code` of an error document. */
  readonly code: string | null;
}

/** A call signed by hand, so that everything about it can be wrong. */
export async function sendRaw(url: string, call: RawCall): Promise<RawReply> {
  const body = Buffer.from(call.body ?? "");
  const payloadHash = call.payloadHash ?? createHash("sha256").update(body).digest("hex");
  const date = (call.at ?? new Date()).toISOString().replace(/[-:]|\.\d+/g, "");
  const method = call.method ?? "GET";
  const headers: Record<string, string> = {
    host: new URL(url).host,
    "x-amz-date": date,
    "x-amz-content-sha256": payloadHash,
    ...call.headers,
  };
  const scope = {
    date: date.slice(0, 8),
    region: call.region ?? S3_REGION,
    service: call.service ?? "s3",
    signedHeaders: Object.keys(headers).sort(),
  };
  const sent = { method, path: call.path, query: call.query ?? "", headers };
  const secretAccessKey = call.secretAccessKey ?? S3_CREDENTIALS.secretAccessKey;
  const signature = computeSignatureV4(sent, scope, { secretAccessKey, payloadHash });
  const accessKeyId = call.accessKeyId ?? S3_CREDENTIALS.accessKeyId;
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.date}/${scope.region}/${scope.service}/aws4_request, SignedHeaders=${scope.signedHeaders.join(";")}, Signature=${signature}`;
  return sendPlain(url, {
    method,
    path: call.query === undefined ? call.path : `${call.path}?${call.query}`,
    headers: { authorization, "content-length": String(body.length), ...headers, ...call.unsigned },
    body,
  });
}

export async function sendPlain(
  url: string,
  call: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: Buffer;
  },
): Promise<RawReply> {
  const { hostname, port } = new URL(url);
  const { method, path, headers } = call;
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (reply) => {
      buffer(reply).then((body) => {
        const text = body.toString("utf8");
        const code = /<Error><Code>([A-Za-z0-9]+)<\/Code>/.exec(text)?.[1] ?? null;
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, body, text, code });
        return null;
      }, reject);
    });
    outgoing.on("error", reject);
    outgoing.end(call.body);
  });
}
