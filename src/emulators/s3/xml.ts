import { S3Error } from "./s3-error.ts";

/** What an element holds: text, or elements by name in order. Undefined ones are left out. */
type XmlContent = string | number | boolean | readonly XmlElement[];
export type XmlElement = readonly [name: string, content: XmlContent | undefined];

const NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/";

export function writeXml(root: string, content: readonly XmlElement[]): string {
  const head = '<?xml version="1.0" encoding="UTF-8"?>\n';
  return `${head}<${root} xmlns="${NAMESPACE}">${writeContent(content)}</${root}>`;
}

/** Error documents carry no namespace. */
export function writeErrorXml(content: readonly XmlElement[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error>${writeContent(content)}</Error>`;
}

function writeContent(content: XmlContent): string {
  if (typeof content !== "object") return escape(String(content));
  return content
    .filter((element) => element[1] !== undefined)
    .map(([name, inner]) => `<${name}>${writeContent(inner ?? "")}</${name}>`)
    .join("");
}

function escape(text: string): string {
  return text.replace(/[&<>"\r]/g, (character) => `&#x${character.charCodeAt(0).toString(16)};`);
}

/** An element of a request. */
export interface XmlNode {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlNode[];
}

const TOKEN = /<(\/?)([A-Za-z][A-Za-z0-9]*)((?:\s+[A-Za-z:]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;
const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

type Draft = { readonly name: string; text: string; readonly children: Draft[] };

/** Elements and text only, as the requests of S3 are: no comments, no CDATA, no document type. */
export function parseXml(source: string): XmlNode {
  const text = source.replace(/^\uFEFF?\s*<\?xml[^>]*\?>\s*/, "").trim();
  const top: Draft = { name: "", text: "", children: [] };
  const open: Draft[] = [top];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    const current = open.at(-1);
    if (match === null || current === undefined || open.length > 20) throw malformed();
    const [, closing, name = "", , selfClosing, characters] = match;
    if (characters !== undefined) {
      current.text += unescape(characters);
    } else if (closing === "/") {
      if (current.name !== name || open.length === 1) throw malformed();
      open.pop();
    } else {
      const child: Draft = { name, text: "", children: [] };
      current.children.push(child);
      if (selfClosing !== "/") open.push(child);
    }
  }
  const [root, second] = top.children;
  if (open.length !== 1 || root === undefined || second !== undefined) throw malformed();
  return root;
}

/** The text of the one child of that name; null if there is none. */
export function childText(node: XmlNode, name: string): string | null {
  const found = node.children.filter((child) => child.name === name);
  if (found.length > 1) throw malformed();
  return found[0]?.text ?? null;
}

export function malformed(): S3Error {
  return new S3Error(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
}

function unescape(text: string): string {
  return text.replace(/&([#a-zA-Z0-9]*;?)/g, (_, reference: string) => {
    const name = reference.replace(/;$/, "");
    const named = Object.hasOwn(ENTITIES, name) ? ENTITIES[name] : undefined;
    const [, hex, decimal] = /^#(?:x([0-9a-fA-F]{1,6})|(\d{1,7}))$/.exec(name) ?? [];
    const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
    if (!reference.endsWith(";")) throw malformed();
    if (named !== undefined) return named;
    if (!Number.isInteger(code) || code > 0x10ffff) throw malformed();
    return String.fromCodePoint(code);
  });
}
