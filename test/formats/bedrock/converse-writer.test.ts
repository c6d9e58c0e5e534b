import { describe, expect, test } from "vitest";
import type { ChatRequest, Message } from "../../../src/core/chat-request.ts";
import type { AssistantPart, UserPart } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { childPath, ROOT } from "../../../src/core/json-path.ts";
import type { FunctionTool } from "../../../src/core/tools.ts";
import { assistant, chat, MODELS, system, user, writtenConverse } from "./bodies.ts";

const at = childPath(ROOT, "here");
const png = { kind: "base64", mediaType: "image/png", data: "QUJD" } as const;
const pdf = { kind: "base64", mediaType: "application/pdf", data: "QUJD" } as const;
const call = {
  kind: "tool_call",
  id: "call_1",
  name: "t",
  input: { kind: "json_text", text: `{"a":1}` },
  at,
} as const;
const result: Message = {
  kind: "tool",
  at,
  parts: [{ kind: "tool_result", callId: "call_1", name: "t", content: [], isError: false, at }],
};
const tool: FunctionTool = { kind: "function", name: "t", at };

function write(
  messages: readonly Message[],
  fields: Partial<ChatRequest> = {},
  options: { readonly model?: string; readonly isBatch?: boolean } = {},
) {
  return writtenConverse(chat(messages, fields), { model: MODELS.nova, ...options });
}

function blocks(...parts: readonly UserPart[]): unknown {
  return (write([user(...parts)]).body["messages"] as JsonObject[])[0]?.["content"];
}

describe("The messages of a Converse body", () => {
  test("alternate, without what is empty, system text before", () => {
    const { body, warnings } = write([
      system("One", ""),
      user("a", ""),
      user("b"),
      assistant(""),
      user("c"),
      assistant("d"),
      system("Two"),
      user("e"),
    ]);
    expect(body).toEqual({
      system: [{ text: "One" }, { text: "Two" }],
      messages: [
        { role: "user", content: [{ text: "a" }, { text: "b" }, { text: "c" }] },
        { role: "assistant", content: [{ text: "d" }] },
        { role: "user", content: [{ text: "e" }] },
      ],
    });
    expect(warnings).toEqual([]);
  });

  test.each<[string, readonly Message[], readonly string[]]>([
    ["the assistant", [assistant("a"), user("b")], ["user", "assistant", "user"]],
    ["nobody", [system("a")], ["user"]],
    ["nobody at all", [], ["user"]],
  ])("begin with the user where %s does", (_, messages, roles) => {
    const { body, warnings } = write(messages);
    expect((body["messages"] as JsonObject[]).map(({ role }) => role)).toEqual(roles);
    expect(warnings).toHaveLength(1);
  });

  test("put system text before the user's for models that have none", () => {
    const model = MODELS.mistral;
    const { body } = write([system("S"), user("U")], {}, { model });
    expect(body).toEqual({ messages: [{ role: "user", content: [{ text: "S" }, { text: "U" }] }] });
  });

  test.each<[string, UserPart, JsonObject]>([
    [
      "an image",
      { kind: "image", source: png, at },
      { image: { format: "png", source: { bytes: "QUJD" } } },
    ],
    [
      "an image of a type that isn't registered",
      { kind: "image", source: { ...png, mediaType: "image/jpg" }, at },
      { image: { format: "jpeg", source: { bytes: "QUJD" } } },
    ],
    [
      "an image in S3, known by its name",
      {
        kind: "image",
        source: { kind: "s3", uri: "s3://bucket/a.JPG", bucketOwner: null, mediaType: null },
        at,
      },
      { image: { format: "jpeg", source: { s3Location: { uri: "s3://bucket/a.JPG" } } } },
    ],
    [
      "a sound",
      { kind: "audio", source: { kind: "base64", mediaType: "audio/wav", data: "QUJD" }, at },
      { audio: { format: "wav", source: { bytes: "QUJD" } } },
    ],
    [
      "a film",
      { kind: "video", source: { kind: "base64", mediaType: "video/quicktime", data: "QUJD" }, at },
      { video: { format: "mov", source: { bytes: "QUJD" } } },
    ],
    [
      "a document that is JSON, as text",
      {
        kind: "document",
        source: { ...pdf, mediaType: "application/json" },
        filename: "a.json",
        at,
      },
      { document: { format: "txt", name: "a", source: { bytes: "QUJD" } } },
    ],
    [
      "a document of text",
      {
        kind: "document",
        source: { kind: "text", mediaType: "text/markdown", text: "# A" },
        title: "B",
        at,
      },
      { document: { format: "md", name: "B", source: { text: "# A" } } },
    ],
  ])("hold %s", (_, part, block) => {
    expect(blocks(part, { kind: "text", text: "?", at })).toEqual([block, { text: "?" }]);
  });

  test("give documents names that Bedrock takes, each its own", () => {
    const names = [
      "report_2024.final.pdf",
      "report_2024.final.pdf",
      "  a\t b  ",
      "報告",
      "",
      ".pdf",
    ];
    const parts = names.map((filename): UserPart => ({
      kind: "document",
      source: pdf,
      filename,
      at,
    }));
    const written = blocks({ kind: "text", text: "?", at }, ...parts) as JsonObject[];
    const given = written.slice(1).map(({ document }) => (document as JsonObject)["name"]);
    expect(given).toEqual([
      "report-2024-final",
      "report-2024-final (2)",
      "a b",
      "document",
      "document (2)",
      "-pdf",
    ]);
    for (const name of given) expect(name).toMatch(/^[a-zA-Z0-9\s()[\]-]{1,200}$/);
  });

  test("say something beside a document that stands alone", () => {
    const written = blocks({ kind: "document", source: pdf, filename: "a.pdf", at });
    expect(written).toMatchObject([{ document: { name: "a" } }, { text: expect.any(String) }]);
  });

  test.each<[string, readonly Message[], RegExp]>([
    [
      "an image by its URL",
      [
        user({
          kind: "image",
          source: { kind: "url", url: "https://a.example/b", mediaType: null },
          at,
        }),
      ],
      /base64 or from S3/,
    ],
    [
      "a stored image",
      [
        user({
          kind: "image",
          source: { kind: "file", family: "openai", id: "f", mediaType: null },
          at,
        }),
      ],
      /base64/,
    ],
    [
      "an image of another format",
      [user({ kind: "image", source: { ...png, mediaType: "image/heic" }, at })],
      /png, jpeg, gif, webp/,
    ],
    [
      "a document by its URL",
      [user({ kind: "document", source: { kind: "url", url: "https://a", mediaType: null }, at })],
      /base64/,
    ],
    [
      "a document of another format",
      [user({ kind: "document", source: { ...pdf, mediaType: "application/zip" }, at })],
      /pdf, csv/,
    ],
    [
      "another family's own part",
      [user({ kind: "native", family: "openai", type: "x", value: {}, at })],
      /no part "x"/,
    ],
    [
      "an image of the assistant's",
      [user("a"), assistant({ kind: "image", source: png, at })],
      /message of the user's/,
    ],
    [
      "arguments that are no JSON",
      [user("a"), assistant({ ...call, input: { kind: "json_text", text: "{" } })],
      /must be a JSON object/,
    ],
    [
      "a tool's name that is too long",
      [user("a"), assistant({ ...call, name: "t".repeat(65) })],
      /1 to 64/,
    ],
    [
      "sound in a result",
      [
        user("a"),
        assistant(call),
        {
          ...result,
          parts: [
            {
              kind: "tool_result",
              callId: "call_1",
              name: "t",
              isError: false,
              at,
              content: [{ kind: "audio", source: png, at }],
            },
          ],
        },
      ],
      /hold no audio/,
    ],
  ])("are refused with %s", (_, messages, message) => {
    expect(() => write(messages, { tools: [tool] }, { isBatch: false })).toThrow(message);
    expect(() => write(messages, { tools: [tool] }, { isBatch: false })).toThrow(
      expect.objectContaining({ code: "untranslatable" }),
    );
  });

  test("refuse sounds and films where Claude is to look at them", () => {
    const part: UserPart = {
      kind: "audio",
      source: { kind: "base64", mediaType: "audio/wav", data: "" },
      at,
    };
    expect(() => write([user(part)], {}, { model: MODELS.claude })).toThrow(
      /Claude takes no audio/,
    );
  });

  test("mark at most four places to be cached, and none for models that don't", () => {
    const cached = (text: string): UserPart => ({ kind: "text", text, at, cache: { ttl: "1h" } });
    const messages = [user(...["a", "b", "c", "d", "e"].map(cached))];
    const count = (model: string) =>
      JSON.stringify(write(messages, {}, { model }).body).split("cachePoint").length - 1;
    expect(count(MODELS.claude)).toBe(4);
    expect(count(MODELS.nova)).toBe(4);
    expect(count(MODELS.llama)).toBe(0);
    expect(JSON.stringify(write(messages).body)).not.toContain("1h");
    const { body } = write([user("a")], { cache: { ttl: null } }, { model: MODELS.claude });
    expect(body["messages"]).toEqual([
      { role: "user", content: [{ text: "a" }, { cachePoint: { type: "default" } }] },
    ]);
  });
});

describe("Calls and results in a Converse body", () => {
  const history = [user("a"), assistant(call), result];

  test.each<[string, string, string]>([
    ["as they are", "call_1-a", "call_1-a"],
    ["with signs that Bedrock doesn't take", "call:1/é", "call_3a_1_2f__e9_"],
  ])("keep their ids, %s", (_, id, expected) => {
    const { body } = write(
      [
        user("a"),
        assistant({ ...call, id }),
        {
          kind: "tool",
          at,
          parts: [{ kind: "tool_result", callId: id, name: "t", content: [], isError: false, at }],
        },
      ],
      { tools: [tool] },
      { isBatch: false },
    );
    expect(JSON.stringify(body).split(`"toolUseId":"${expected}"`)).toHaveLength(3);
  });

  test.each([
    ["too long", { id: "x".repeat(70), model: MODELS.nova, expected: /"call_[0-9a-f]{32}"/ }],
    ["empty", { id: "", model: MODELS.nova, expected: /"call_[0-9a-f]{32}"/ }],
    [
      "not of Mistral's",
      { id: "call_1", model: MODELS.mistralLarge, expected: /"toolUseId":"[0-9a-f]{9}"/ },
    ],
  ])("get another id where theirs is %s", (_, { id, model, expected }) => {
    const messages = [user("a"), assistant({ ...call, id })];
    const { body } = write(messages, { tools: [tool] }, { isBatch: false, model });
    expect(JSON.stringify(body)).toMatch(expected);
  });

  test("get a definition of the tool where the client gave none", () => {
    const { body, warnings } = write(history, {}, { isBatch: false });
    expect(body["toolConfig"]).toEqual({
      tools: [
        { toolSpec: { name: "t", inputSchema: { json: { type: "object", properties: {} } } } },
      ],
    });
    expect(warnings).toHaveLength(1);
  });

  test("say that a tool failed only to the models that are told", () => {
    const failed: Message = {
      ...result,
      kind: "tool",
      parts: [
        {
          kind: "tool_result",
          callId: "call_1",
          name: "t",
          content: [
            { kind: "text", text: "", at },
            { kind: "json", value: [1], at },
          ],
          isError: true,
          at,
        },
      ],
    };
    const of = (model: string) =>
      write([user("a"), assistant(call), failed], { tools: [tool] }, { isBatch: false, model });
    expect(JSON.stringify(of(MODELS.nova).body)).toContain(
      `"content":[{"text":"[1]"}],"status":"error"`,
    );
    expect(of(MODELS.nova).warnings).toEqual([]);
    expect(JSON.stringify(of(MODELS.llama).body)).not.toContain("status");
    expect(of(MODELS.llama).warnings).toEqual(["here.is_error"]);
  });

  test.each<[string, readonly Message[], Partial<ChatRequest>]>([
    ["tools", [user("a")], { tools: [tool] }],
    ["calls without definitions", history, {}],
    [
      "calls whose tools may not be called",
      history,
      { tools: [tool], toolChoice: { kind: "none" } },
    ],
  ])("are refused in a batch: %s", (_, messages, fields) => {
    expect(() => write(messages, fields)).toThrow(/Converse batch takes no tools: InvokeModel/);
    expect(() => write(messages, fields, { model: MODELS.claude })).toThrow(/Converse batch/);
  });

  test("are none where no tool may be called: the batch is then taken", () => {
    const fields: Partial<ChatRequest> = { tools: [tool], toolChoice: { kind: "none" } };
    expect(write([user("a")], fields).body["toolConfig"]).toBeUndefined();
  });
});

describe("Thinking in the history of a Converse body", () => {
  const thought = (family: "anthropic" | "gemini" | null): AssistantPart => ({
    kind: "reasoning",
    text: "Hm",
    signature: family === null ? undefined : { family, value: "c2ln" },
    at,
  });
  const hidden = {
    kind: "redacted_reasoning",
    data: { family: "openai", value: "x" },
    at,
  } as const;

  test.each<[string, AssistantPart, string, boolean]>([
    ["Claude's to Claude", thought("anthropic"), MODELS.claude, true],
    ["Claude's to Nova", thought("anthropic"), MODELS.nova, false],
    ["Gemini's to Claude", thought("gemini"), MODELS.claude, false],
    ["unsigned", thought(null), MODELS.claude, false],
    ["hidden", hidden, MODELS.claude, false],
    [
      "hidden by Bedrock",
      { ...hidden, data: { family: "bedrock", value: "eA==" } },
      MODELS.claude,
      true,
    ],
    [
      "hidden by Bedrock, to Nova",
      { ...hidden, data: { family: "bedrock", value: "eA==" } },
      MODELS.nova,
      false,
    ],
  ])("goes back if it's proven: %s", (_, part, ...[model, isKept]) => {
    const messages = [user("a"), assistant(part, "b"), user("c")];
    const { body, warnings } = write(messages, {}, { model });
    expect(JSON.stringify(body).includes("reasoningContent")).toBe(isKept);
    expect(warnings).toEqual(isKept ? [] : ["here"]);
  });

  test("leaves no hole where a turn was nothing else", () => {
    const { body } = write([user("a"), assistant(thought(null)), user("b")]);
    expect(body["messages"]).toEqual([{ role: "user", content: [{ text: "a" }, { text: "b" }] }]);
  });
});
