import { readFileSync } from "node:fs";
import { z } from "zod";
import { parseXml, type XmlNode } from "../../../src/emulators/s3/xml.ts";
import type { RawReply } from "./raw-s3.ts";

const memberSchema = z.looseObject({
  shape: z.string(),
  location: z.string().optional(),
  locationName: z.string().optional(),
});
type Member = z.infer<typeof memberSchema>;

const shapeSchema = z.looseObject({
  type: z.string(),
  members: z.record(z.string(), memberSchema).optional(),
  member: memberSchema.optional(),
  flattened: z.boolean().optional(),
  enum: z.array(z.string()).optional(),
  payload: z.string().optional(),
  exception: z.boolean().optional(),
  error: z.looseObject({ httpStatusCode: z.number() }).optional(),
});
type Shape = z.infer<typeof shapeSchema>;

const model = z
  .looseObject({
    operations: z.record(
      z.string(),
      z.looseObject({
        http: z.looseObject({ method: z.string(), responseCode: z.number().optional() }),
        output: z.looseObject({ shape: z.string() }).optional(),
      }),
    ),
    shapes: z.record(z.string(), shapeSchema),
  })
  .parse(
    JSON.parse(
      readFileSync(new URL("../../fixtures/specs/s3-operations.json", import.meta.url), "utf8"),
    ),
  );

export const modelOperations: readonly string[] = Object.keys(model.operations);

/** Error codes for which the model names a status. */
export const modelErrors: ReadonlyMap<string, number> = new Map(
  Object.entries(model.shapes).flatMap(([name, shape]) =>
    shape.exception === true && shape.error !== undefined
      ? [[name, shape.error.httpStatusCode] as const]
      : [],
  ),
);

/** Headers of the transport and of every answer, which no operation declares. */
const COMMON = new Set(
  "connection content-length content-type date keep-alive server transfer-encoding x-amz-id-2 x-amz-request-id".split(
    " ",
  ),
);

/** What in a reply isn't as the model has it: undeclared headers or elements, values of another type. */
export function findViolations(operation: string, reply: RawReply): readonly string[] {
  const declared = model.operations[operation];
  if (declared === undefined) return [`${operation} isn't in the model`];
  const found: string[] = [];
  const status = declared.http.responseCode ?? 200;
  if (reply.status !== status && !(operation === "GetObject" && reply.status === 206)) {
    found.push(`status ${reply.status} instead of ${status}`);
  }
  const shape = shapeOf(declared.output?.shape ?? "");
  checkHeaders(reply, shape, found);
  const isStream = shape?.payload !== undefined;
  if (isStream || reply.text === "") return found;
  checkStructure(parseXml(reply.text), { shape, path: operation }, found);
  return found;
}

/** Names of elements anywhere in a reply, as paths. */
export function elementPaths(reply: RawReply): ReadonlySet<string> {
  const paths = new Set<string>();
  if (reply.headers["content-type"] !== "application/xml") return paths;
  const visit = (node: XmlNode, prefix: string) => {
    for (const child of node.children) {
      paths.add(prefix + child.name);
      visit(child, `${prefix}${child.name}.`);
    }
  };
  visit(parseXml(reply.text), "");
  return paths;
}

function checkHeaders(reply: RawReply, shape: Shape | undefined, found: string[]): void {
  const members = Object.values(shape?.members ?? {});
  for (const [name, value] of Object.entries(reply.headers)) {
    if (COMMON.has(name)) continue;
    const member = members.find(
      ({ location, locationName = "" }) =>
        (location === "header" && locationName.toLowerCase() === name) ||
        (location === "headers" && name.startsWith(locationName.toLowerCase())),
    );
    if (member === undefined) found.push(`header ${name} isn't declared`);
    else if (member.location === "header") checkValue(String(value), { member, path: name }, found);
  }
}

function checkStructure(
  node: XmlNode,
  place: { readonly shape: Shape | undefined; readonly path: string },
  found: string[],
): void {
  const members = Object.entries(place.shape?.members ?? {}).filter(
    ([, member]) => member.location === undefined,
  );
  for (const child of node.children) {
    const path = `${place.path}.${child.name}`;
    const entry = members.find(([name, member]) => elementName(name, member) === child.name);
    if (entry === undefined) {
      found.push(`${path} isn't declared`);
      continue;
    }
    const [, member] = entry;
    const shape = shapeOf(member.shape);
    const item = shape?.type === "list" ? shape.member : member;
    if (item === undefined) found.push(`${path} has no shape`);
    else if (shapeOf(item.shape)?.type === "structure") {
      checkStructure(child, { shape: shapeOf(item.shape), path }, found);
    } else checkValue(child.text, { member: item, path }, found);
  }
}

function elementName(name: string, member: Member): string {
  const shape = shapeOf(member.shape);
  return (
    member.locationName ?? (shape?.type === "list" ? shape.member?.locationName : null) ?? name
  );
}

function checkValue(
  text: string,
  place: { readonly member: Member; readonly path: string },
  found: string[],
): void {
  const shape = shapeOf(place.member.shape);
  const isRight: Readonly<Record<string, () => boolean>> = {
    integer: () => /^\d+$/.test(text),
    long: () => /^\d+$/.test(text),
    boolean: () => text === "true" || text === "false",
    timestamp: () =>
      place.member.location === "header"
        ? new Date(text).toUTCString() === text
        : new Date(text).toISOString() === text,
    string: () => shape?.enum === undefined || shape.enum.includes(text),
  };
  if (isRight[shape?.type ?? ""]?.() !== true) {
    found.push(`${place.path} is ${JSON.stringify(text)}, which is no ${shape?.type}`);
  }
}

function shapeOf(name: string): Shape | undefined {
  return model.shapes[name];
}
