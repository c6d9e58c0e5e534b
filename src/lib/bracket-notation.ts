/** What a form or a query holds: texts, lists and objects of them. */
type BracketValue = string | BracketValue[] | BracketObject;
export interface BracketObject {
  [key: string]: BracketValue;
}

/** A field whose name can't be placed. `field` is the name as it was sent. */
export class BracketNotationError extends Error {
  override readonly name = "BracketNotationError";
  readonly field: string;

  constructor(field: string, problem: string) {
    super(problem);
    this.field = field;
  }
}

const MAX_DEPTH = 5;
const MAX_FIELDS = 1000;
/** Keys that would reach an object's prototype in code that copies them carelessly. */
const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Fields as nested values: `a[b]=1` is `{ a: { b: "1" } }`, `a[]=1` repeated is a list, `a[][k]=1` a list of objects in which
 * a new one starts when a key repeats, and `a[0][k]=1` the same by index. A field given twice is an error.
 */
export function parseBracketNotation(
  fields: Iterable<readonly [name: string, value: string]>,
): BracketObject {
  const root: BracketObject = {};
  let count = 0;
  for (const [name, value] of fields) {
    count += 1;
    if (count > MAX_FIELDS) {
      throw new BracketNotationError(name, `there are more than ${MAX_FIELDS} fields`);
    }
    place(root, { name, keys: keysOf(name), value });
  }
  return root;
}

interface Field {
  readonly name: string;
  readonly keys: readonly string[];
  readonly value: string;
}

function keysOf(name: string): readonly string[] {
  const bracket = name.indexOf("[");
  const first = bracket === -1 ? name : name.slice(0, bracket);
  const rest = bracket === -1 ? "" : name.slice(bracket);
  if (first === "" || first.includes("]") || !/^(?:\[[^[\]]*\])*$/.test(rest)) {
    throw new BracketNotationError(name, "its brackets don't match; write a[b][c]");
  }
  const keys = [first, ...(rest === "" ? [] : rest.slice(1, -1).split("]["))];
  if (keys.length > MAX_DEPTH) {
    throw new BracketNotationError(name, `it is nested more than ${MAX_DEPTH} levels deep`);
  }
  const forbidden = keys.find((key) => FORBIDDEN.has(key));
  if (forbidden !== undefined) {
    throw new BracketNotationError(name, `'${forbidden}' can't be a key`);
  }
  return keys;
}

function place(root: BracketObject, field: Field): void {
  let container: BracketObject | BracketValue[] = root;
  for (const [depth, key] of field.keys.entries()) {
    const rest = field.keys.slice(depth + 1);
    container = Array.isArray(container)
      ? placeInList(container, { field, key, rest })
      : placeInObject(container, { field, key, rest });
  }
}

interface Step {
  readonly field: Field;
  readonly key: string;
  readonly rest: readonly string[];
}

function placeInObject(
  object: BracketObject,
  { field, key, rest }: Step,
): BracketObject | BracketValue[] {
  if (key === "") {
    throw new BracketNotationError(field.name, "it is both a list and an object");
  }
  const present = Object.hasOwn(object, key) ? object[key] : undefined;
  if (present === undefined) {
    const made = newValue(field, rest);
    object[key] = made;
    return isContainer(made) ? made : object;
  }
  return stepInto(present, { field, key, rest });
}

function placeInList(
  list: BracketValue[],
  { field, key, rest }: Step,
): BracketObject | BracketValue[] {
  const index = key === "" ? nextIndex(list, rest) : indexOf(key, field, list.length);
  const present = list[index];
  if (present === undefined) {
    const made = newValue(field, rest);
    list.push(made);
    return isContainer(made) ? made : list;
  }
  return stepInto(present, { field, key, rest });
}

function stepInto(present: BracketValue, { field, rest }: Step): BracketObject | BracketValue[] {
  if (rest.length === 0) {
    throw new BracketNotationError(field.name, "it is given more than once");
  }
  if (!isContainer(present)) {
    throw new BracketNotationError(field.name, "it is both a text and an object");
  }
  return present;
}

function newValue(field: Field, rest: readonly string[]): BracketValue {
  if (rest.length === 0) {
    return field.value;
  }
  return rest[0] === "" || rest[0] === "0" ? [] : {};
}

function isContainer(value: BracketValue): value is BracketObject | BracketValue[] {
  return typeof value !== "string";
}

/** `a[][k]` goes into the last element of the list, unless that has a `k` already. */
function nextIndex(list: readonly BracketValue[], rest: readonly string[]): number {
  const last = list.at(-1);
  return last === undefined || rest.length === 0 || holds(last, rest)
    ? list.length
    : list.length - 1;
}

function holds(value: BracketValue, keys: readonly string[]): boolean {
  const [key, ...rest] = keys;
  if (key === undefined || !isContainer(value)) {
    return true;
  }
  if (key === "" || Array.isArray(value)) {
    return key !== "";
  }
  const inner = Object.hasOwn(value, key) ? value[key] : undefined;
  return inner !== undefined && holds(inner, rest);
}

function indexOf(key: string, field: Field, length: number): number {
  const index = /^\d{1,4}$/.test(key) ? Number(key) : Number.NaN;
  if (Number.isNaN(index)) {
    throw new BracketNotationError(field.name, "it is both a list and an object");
  }
  if (index > length) {
    throw new BracketNotationError(field.name, `its list has no element ${length} before it`);
  }
  return index;
}
