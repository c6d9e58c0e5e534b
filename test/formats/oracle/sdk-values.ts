/** A thing of ours that the SDK has no words for at all, for whatever provider. */
export class Inexpressible extends Error {
  override readonly name = "Inexpressible";
}

/** Without the keys that are undefined. */
export function defined<Value extends object>(value: {
  [Key in keyof Value]: Value[Key] | undefined;
}): Value {
  return Object.fromEntries(
    Object.entries(value).filter(([, item]) => item !== undefined),
  ) as Value;
}
