declare const jsonOf: unique symbol;

/** JSON as text, of a value of that type. Only `toJson` makes one, so what is read is what was written. */
export type JsonText<Value> = string & { readonly [jsonOf]: Value };

export function toJson<Value>(value: Value): JsonText<Value> {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the mark exists for the compiler alone
  return JSON.stringify(value) as JsonText<Value>;
}

export function fromJson<Value>(text: JsonText<Value>): Value {
  // oxlint-disable-next-line typescript/no-unsafe-return -- the column's type says what was written
  return JSON.parse(text);
}
