export interface BodyPart {
  /** Left out: the part has no name. */
  readonly name?: string;
  readonly filename?: string;
  readonly type?: string;
  readonly value: string | Uint8Array;
}

const BOUNDARY = "----formdata-test-042";
export const FORM_TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

/** A form as SDKs write it; headers and values may be as wrong as the test likes. */
export function multipartBody(parts: readonly BodyPart[]): Buffer {
  const chunks = parts.flatMap((part) => {
    const name = part.name === undefined ? "" : `; name="${part.name}"`;
    const filename = part.filename === undefined ? "" : `; filename="${part.filename}"`;
    const type = part.type === undefined ? "" : `Content-Type: ${part.type}\r\n`;
    const head = `--${BOUNDARY}\r\nContent-Disposition: form-data${name}${filename}\r\n${type}\r\n`;
    return [Buffer.from(head), Buffer.from(part.value), Buffer.from("\r\n")];
  });
  return Buffer.concat([...chunks, Buffer.from(`--${BOUNDARY}--\r\n`)]);
}
