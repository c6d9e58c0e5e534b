import type { FastifyReply, FastifyRequest } from "fastify";
import type { StoredFile } from "../core/file.ts";
import type { Call, Gateway } from "../core/gateway.ts";
import { attachment } from "../lib/content-disposition.ts";
import { exactLength } from "../lib/exact-length.ts";
import { contentRange, parseRange, type RequestedRange } from "../lib/http-range.ts";

/** The bytes of a file, or the range asked for. A body that ends early breaks the connection: it must be noticed. */
export async function sendContent(
  gateway: Gateway,
  { call, id }: { readonly call: Call; readonly id: string },
  { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
): Promise<FastifyReply> {
  const requested = await requestedRange(gateway, { call, id }, request);
  const content = await (requested === null
    ? gateway.openFile(call, id)
    : gateway.openFile(call, id, requested));
  const { file, range, bytes, stream } = content;
  const length = range === null ? bytes : range.end - range.start + 1;
  const etag = etagOf(file);
  return reply
    .code(range === null ? 200 : 206)
    .headers({
      "content-type": contentType(file),
      "content-disposition": attachment(file.filename),
      ...(length === null ? {} : { "content-length": length, "accept-ranges": "bytes" }),
      ...(etag === null ? {} : { etag }),
      ...(range === null || bytes === null ? {} : { "content-range": contentRange(range, bytes) }),
    })
    .send(length === null ? stream : exactLength(stream, length));
}

/** `If-Range` asks for the part only if the file is still the one that the client began with. */
async function requestedRange(
  gateway: Gateway,
  { call, id }: { readonly call: Call; readonly id: string },
  request: FastifyRequest,
): Promise<RequestedRange | null> {
  const range = parseRange(request.headers.range);
  const condition = request.headers["if-range"];
  if (range === null || condition === undefined) return range;
  return condition === etagOf(await gateway.retrieveFile(call, id)) ? range : null;
}

function etagOf(file: StoredFile): string | null {
  return file.sha256 === null ? null : `"${file.sha256}"`;
}

/** Never what the client named it: a browser must not run it. */
function contentType(file: StoredFile): string {
  const isLines =
    /\.jsonl$/i.test(file.filename) || file.purpose === "batch" || file.purpose === "batch_output";
  return isLines ? "application/jsonl" : "application/octet-stream";
}
