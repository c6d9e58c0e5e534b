/** The number under a key of a JSON text; null where there is none. */
export function numberIn(text: string, key: string): number | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return null;
    const found: unknown = Reflect.get(value, key);
    return typeof found === "number" ? found : null;
  } catch {
    return null;
  }
}
