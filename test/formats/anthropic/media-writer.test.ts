import { expect, test } from "vitest";
import type { AudioPart, DocumentPart, ImagePart, UserPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { ROOT } from "../../../src/core/json-path.ts";
import { hubRequest, writeRequest } from "./bodies.ts";

const at = { parent: ROOT, key: "part" };

const image = (source: ImagePart["source"], more: Partial<ImagePart> = {}): ImagePart => ({
  kind: "image",
  source,
  at,
  ...more,
});
const document = (
  source: DocumentPart["source"],
  more: Partial<DocumentPart> = {},
): DocumentPart => ({ kind: "document", source, at, ...more });
const base64 = (mediaType: string, data = "QUJD") => ({ kind: "base64", mediaType, data }) as const;
const url = (address: string, mediaType: string | null = null) =>
  ({ kind: "url", url: address, mediaType }) as const;
const file = (family: "anthropic" | "openai") =>
  ({ kind: "file", family, id: "file_1", mediaType: null }) as const;
const pdf = { type: "base64", media_type: "application/pdf", data: "QUJD" };
const written = (part: UserPart, model = "claude-sonnet-4-5") =>
  writeRequest(hubRequest({ messages: [{ kind: "user", at, parts: [part] }] }), { model });

test.each<{ it: string; part: UserPart; block: JsonObject; warnings?: readonly string[] }>([
  {
    it: "an image in base64",
    part: image(base64("image/webp")),
    block: { type: "image", source: { type: "base64", media_type: "image/webp", data: "QUJD" } },
  },
  {
    it: "an image at a URL",
    part: image(url("https://example.com/a.png"), { detail: "auto" }),
    block: { type: "image", source: { type: "url", url: "https://example.com/a.png" } },
  },
  {
    it: "an image that is to be looked at closely",
    part: image(base64("image/png"), { detail: "high" }),
    block: { type: "image", source: { type: "base64", media_type: "image/png", data: "QUJD" } },
    warnings: ["part.detail: Anthropic looks at every image as closely"],
  },
  {
    it: "an image stored at Anthropic",
    part: image(file("anthropic")),
    block: { type: "image", source: { type: "file", file_id: "file_1" } },
  },
  {
    it: "a PDF",
    part: document(base64("application/pdf"), { filename: "a.pdf" }),
    block: { type: "document", source: pdf, title: "a.pdf" },
  },
  {
    it: "a PDF with all that may be said of it",
    part: document(base64("application/pdf"), {
      filename: "a.pdf",
      title: "A",
      context: "Draft",
      citations: true,
    }),
    block: {
      type: "document",
      source: pdf,
      title: "a.pdf",
      context: "Draft",
      citations: { enabled: true },
    },
    warnings: ["part.title: Anthropic's documents have one name"],
  },
  {
    it: "a PDF at a URL",
    part: document(url("https://example.com/a.pdf", "application/pdf")),
    block: { type: "document", source: { type: "url", url: "https://example.com/a.pdf" } },
  },
  {
    it: "a document stored at Anthropic",
    part: document(file("anthropic")),
    block: { type: "document", source: { type: "file", file_id: "file_1" } },
  },
  {
    it: "a plain text",
    part: document({ kind: "text", mediaType: "text/plain", text: "ABC" }, { context: "" }),
    block: { type: "document", source: { type: "text", media_type: "text/plain", data: "ABC" } },
  },
  {
    it: "a text in base64",
    part: document(base64("text/csv", "YSxi")),
    block: { type: "document", source: { type: "text", media_type: "text/plain", data: "a,b" } },
  },
  {
    it: "JSON in base64",
    part: document(base64("application/json", "e30=")),
    block: { type: "document", source: { type: "text", media_type: "text/plain", data: "{}" } },
  },
  {
    it: "an image that came as a file",
    part: document(base64("image/png")),
    block: { type: "image", source: { type: "base64", media_type: "image/png", data: "QUJD" } },
  },
])("$it", ({ part, block, warnings = [] }) => {
  const { body, warnings: found } = written(part);
  expect(body["messages"]).toEqual([{ role: "user", content: [block] }]);
  expect(found).toEqual(warnings);
});

const sound: AudioPart = { kind: "audio", source: base64("audio/wav"), at };

test.each<[string, UserPart, string?]>([
  ["an image of another kind", image(base64("image/heic"))],
  ["an image at an address that isn't http", image(url("gs://bucket/a.png"))],
  ["an image stored elsewhere", image(file("openai"))],
  ["an image in S3", image({ kind: "s3", uri: "s3://b/a", bucketOwner: null, mediaType: null })],
  ["an image that is a text", image({ kind: "text", mediaType: "text/plain", text: "A" })],
  ["a file of another kind", document(base64("application/msword"))],
  ["a text that isn't UTF-8", document(base64("text/plain", "/w=="))],
  ["a page at a URL", document(url("https://example.com/a", "text/html"))],
  ["a document stored elsewhere", document(file("openai"))],
  [
    "a document in S3",
    document({ kind: "s3", uri: "s3://b/a", bucketOwner: null, mediaType: null }),
  ],
  ["sound", sound],
  ["video", { kind: "video", source: base64("video/mp4"), at }],
  [
    "a part that only another family knows",
    { kind: "native", family: "gemini", type: "executableCode", value: {}, at },
  ],
  ["a URL on Bedrock", image(url("https://example.com/a.png")), "anthropic.claude-sonnet-4-5"],
  ["a stored file on Bedrock", document(file("anthropic")), "anthropic.claude-sonnet-4-5"],
])("%s is refused", (_it, part, model) => {
  expect(() => written(part, model)).toThrow(
    expect.objectContaining({ name: "CodecError", code: "untranslatable", path: "part" }),
  );
});

test("an image of the assistant's is refused", () => {
  const request = hubRequest({
    messages: [
      { kind: "user", at, parts: [{ kind: "text", text: "Hi", at }] },
      { kind: "assistant", at, parts: [image(base64("image/png"))] },
    ],
  });
  expect(() => writeRequest(request)).toThrow(expect.objectContaining({ path: "part" }));
});
