/** Vectors as OpenAI packs them: little-endian 32-bit floats in base64. Null: it isn't one. */
export function decodeFloats(base64: string): number[] | null {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length === 0 || bytes.length % FLOAT_BYTES !== 0) return null;
  const values: number[] = [];
  for (let at = 0; at < bytes.length; at += FLOAT_BYTES) {
    const value = bytes.readFloatLE(at);
    // JSON has no NaN, and a vector that holds one is broken.
    if (!Number.isFinite(value)) return null;
    values.push(value);
  }
  return values;
}

export function encodeFloats(values: readonly number[]): string {
  const bytes = Buffer.alloc(values.length * FLOAT_BYTES);
  for (const [index, value] of values.entries()) bytes.writeFloatLE(value, index * FLOAT_BYTES);
  return bytes.toString("base64");
}

const FLOAT_BYTES = 4;
