import { expect, test } from "vitest";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { formats } from "../../../src/formats/formats.ts";
import { openaiChat } from "../../../src/formats/openai/chat.ts";
import { writtenRequest } from "../openai/translated.ts";

const MODEL = "us.mistral.pixtral-large-2502-v1:0";

function written(request: ChatRequest): JsonObject {
  const choice = { endpoint: "chat", model: MODEL, variant: null, sample: null } as const;
  const body = formats.bedrock.chooseBody(choice);
  if (body.kind !== "chat") throw new Error("there is no chat");
  return writtenRequest(request, body.codec, MODEL).body;
}

const user = (...content: readonly JsonObject[]): JsonObject => ({ role: "user", content });
const hello = user({ type: "text", text: "Hello" });

test.each<[string, JsonObject, string]>([
  [
    "sound",
    { messages: [user({ type: "input_audio", input_audio: { data: "AAAA", format: "wav" } })] },
    "messages[0].content[0]",
  ],
  [
    "a document",
    {
      messages: [user({ type: "file", file: { file_data: "data:application/pdf;base64,AAAA" } })],
    },
    "messages[0].content[0]",
  ],
  ["a part of tomorrow", { messages: [user({ type: "hologram" })] }, "messages[0].content[0]"],
  [
    "a tool with free text",
    { messages: [hello], tools: [{ type: "custom", custom: { name: "f" } }] },
    "tools[0]",
  ],
  [
    "a call with free text",
    {
      messages: [
        hello,
        {
          role: "assistant",
          tool_calls: [{ id: "c", type: "custom", custom: { name: "f", input: "x" } }],
        },
        { role: "tool", tool_call_id: "c", content: "done" },
      ],
    },
    "messages[1].tool_calls[0]",
  ],
])("what OpenAI takes and Mistral doesn't is refused: %s", (_, body, path) => {
  const request = openaiChat.parseRequest({ model: "m", ...body });
  expect(() => written(request)).toThrow(expect.objectContaining({ code: "untranslatable", path }));
});

test("images and functions go as OpenAI writes them", () => {
  const image = { type: "image_url", image_url: { url: "data:image/png;base64,AAAA" } };
  const tools = [{ type: "function", function: { name: "f", parameters: { type: "object" } } }];
  const messages = [user({ type: "text", text: "Look" }, image)];
  const request = openaiChat.parseRequest({ model: "m", messages, tools });
  expect(written(request)).toEqual({ messages, tools });
});
