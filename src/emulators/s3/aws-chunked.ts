import { S3Error } from "./s3-error.ts";

const MAX_LINE_BYTES = 16 * 1024;

type State = "size" | "data" | "after-data" | "trailer" | "end";

/**
 * Decodes `aws-chunked`: `<hex size>[;…]CRLF <data> CRLF`, a chunk of size 0, trailers, an empty line.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 */
export class AwsChunkedDecoder {
  /** By lower-case name, once the body has been read. */
  readonly trailers = new Map<string, string>();
  #state: State = "size";
  #line: Buffer = Buffer.alloc(0);
  #left = 0;

  /** The data in this piece of the body. */
  *push(piece: Buffer): Generator<Buffer> {
    let rest = piece;
    while (rest.length > 0) {
      if (this.#state === "data") {
        const data = rest.subarray(0, this.#left);
        this.#left -= data.length;
        rest = rest.subarray(data.length);
        yield data;
        if (this.#left === 0) this.#state = "after-data";
        continue;
      }
      const newline = rest.indexOf("\r\n", 0, "latin1");
      const cut = this.#line.at(-1) === 0x0d && rest[0] === 0x0a;
      if (cut) {
        const line = this.#line.subarray(0, -1);
        rest = rest.subarray(1);
        this.#takeLine(line.toString("latin1"));
      } else if (newline === -1) {
        this.#line = Buffer.concat([this.#line, rest]);
        if (this.#line.length > MAX_LINE_BYTES) throw incomplete();
        return;
      } else {
        const line = Buffer.concat([this.#line, rest.subarray(0, newline)]);
        rest = rest.subarray(newline + 2);
        this.#takeLine(line.toString("latin1"));
      }
    }
  }

  end(): void {
    // A body without trailers may lack the last empty line.
    if (this.#state !== "end" && !(this.#state === "trailer" && this.#line.length === 0)) {
      throw incomplete();
    }
  }

  #takeLine(line: string): void {
    this.#line = Buffer.alloc(0);
    switch (this.#state) {
      case "size": {
        const match = /^([0-9a-fA-F]{1,12})(?:;|$)/.exec(line);
        if (match === null) throw incomplete();
        this.#left = Number.parseInt(match[1] ?? "", 16);
        this.#state = this.#left === 0 ? "trailer" : "data";
        return;
      }
      case "after-data":
        if (line !== "") throw incomplete();
        this.#state = "size";
        return;
      case "trailer": {
        const colon = line.indexOf(":");
        if (line === "") this.#state = "end";
        else this.trailers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
        return;
      }
      case "data":
      case "end":
        throw incomplete();
    }
  }
}

function incomplete(): S3Error {
  return new S3Error("IncompleteBody", "The request body terminated unexpectedly");
}
