import type { Vector } from "../../core/embeddings.ts";
import { CodecError } from "../../core/codec-error.ts";
import type { Json } from "../../core/json.ts";
import { childPath, type JsonPath, ROOT } from "../../core/json-path.ts";
import { invalid, isJsonArray } from "../fields.ts";

export type ByType = Exclude<Vector["encoding"], "base64">;

/** The words that Titan and Cohere have. */
export const TYPES: readonly ByType[] = ["float", "int8", "uint8", "binary", "ubinary"];

export function parseVector(value: Json | undefined, encoding: ByType, at: JsonPath): Vector {
  if (isJsonArray(value) && value.every(isNumber)) return { encoding, values: value };
  const where = at.parent ?? ROOT;
  throw invalid(where, at.key, "must be an array of numbers");
}

function isNumber(value: Json): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** A vector's numbers: base64 is float32 packed. */
export function numbersOf(vector: Vector, index: number): readonly number[] {
  if (vector.encoding !== "base64") return vector.values;
  const bytes = Buffer.from(vector.data, "base64");
  const values: number[] = [];
  for (let at = 0; at + 4 <= bytes.length; at += 4) values.push(bytes.readFloatLE(at));
  if (bytes.length > 0 && bytes.length % 4 === 0 && values.every(Number.isFinite)) return values;
  const at = childPath(childPath(ROOT, "data"), index);
  throw new CodecError("invalid_request", at, "must be 32-bit floats in base64");
}
