import type { Json } from "../json.ts";
import { isJsonObject, objectOf, objectsOf, stringsOf } from "../json.ts";
import { invalidArgument } from "../status-error.ts";

/** The kind of schema that the API has of its own. */
export function checkSchema(schema: Json | undefined, path: string): void {
  if (!isJsonObject(schema)) return;
  const { type, items, properties, required } = schema;
  if (type === undefined && schema["anyOf"] === undefined) {
    throw refused(`${path}.type`, "must be specified.");
  }
  if (type === "ARRAY" && items === undefined) throw refused(`${path}.items`, "missing field.");
  if (isJsonObject(properties) && Object.keys(properties).length === 0) {
    throw refused(`${path}.properties`, "should be non-empty for OBJECT type");
  }
  const known = objectOf(properties);
  for (const [index, name] of stringsOf(required).entries()) {
    if (Object.hasOwn(known, name)) continue;
    throw refused(`${path}.required[${index}]`, `property '${name}' is not defined.`);
  }
  for (const [name, member] of Object.entries(known)) {
    checkSchema(member, `${path}.properties[${name}]`);
  }
  checkSchema(items, `${path}.items`);
  for (const [index, choice] of objectsOf(schema["anyOf"]).entries()) {
    checkSchema(choice, `${path}.any_of[${index}]`);
  }
}

export function refused(field: string, problem: string) {
  return invalidArgument(`* GenerateContentRequest.${field}: ${problem}`);
}
