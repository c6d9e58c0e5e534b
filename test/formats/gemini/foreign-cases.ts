import type { ChatRequest } from "../../../src/core/chat-request.ts";
import type { MediaSource } from "../../../src/core/content.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import type { ToolDefinition } from "../../../src/core/tools.ts";
import { assistant, at, call, place, result, text, tool, user } from "./bodies.ts";

const png = { kind: "base64", mediaType: "image/png", data: "AAAA" } as const;
export const image = (source: MediaSource, detail?: "low" | "high" | "auto") =>
  ({ kind: "image", source, detail, at }) as const;
export const inline = (mimeType: string) => ({ inlineData: { mimeType, data: "AAAA" } });
export const turn = (role: string, ...parts: JsonObject[]): JsonObject => ({ role, parts });
export const hi = turn("user", { text: "Hi" });
const sign = (family: "gemini" | "anthropic") => ({ family, value: "c2ln" }) as const;
export const functionTool = (
  more: Partial<ToolDefinition & { kind: "function" }> = {},
): ToolDefinition => ({
  kind: "function",
  name: "f",
  at: place("tools", 0),
  ...more,
});

export interface Case {
  readonly request: Partial<ChatRequest>;
  readonly model?: string;
  readonly wanted: JsonObject;
  readonly warnings?: readonly string[];
}

/** What another family says, and what Gemini is told. */
export const CONVERSATIONS: Readonly<Record<string, Case>> = {
  "system text from anywhere goes to its place": {
    request: {
      messages: [
        { kind: "system", role: "system", at, parts: [text("A")] },
        user(text("Hi")),
        { kind: "system", role: "developer", at, parts: [text("B")] },
      ],
    },
    wanted: { systemInstruction: { parts: [{ text: "A" }, { text: "B" }] }, contents: [hi] },
  },
  "neighbours of one role are one turn, and empty texts are none": {
    request: {
      messages: [
        user(text("Hi"), text("")),
        user(text("there")),
        assistant(text("")),
        user(text("?")),
      ],
    },
    wanted: { contents: [turn("user", { text: "Hi" }, { text: "there" }, { text: "?" })] },
  },
  "system text alone gets a turn": {
    request: { messages: [{ kind: "system", role: "system", at, parts: [text("A")] }] },
    wanted: {
      systemInstruction: { parts: [{ text: "A" }] },
      contents: [turn("user", { text: "Begin." })],
    },
    warnings: [""],
  },
  images: {
    request: {
      messages: [
        user(
          image(png),
          image({ kind: "url", url: "https://a.example/b.webp", mediaType: null }),
          image({ kind: "url", url: "https://a.example/b", mediaType: null }),
          image({ kind: "file", family: "gemini", id: "files/a", mediaType: "image/png" }),
        ),
      ],
    },
    wanted: {
      contents: [
        turn(
          "user",
          inline("image/png"),
          { fileData: { fileUri: "https://a.example/b.webp", mimeType: "image/webp" } },
          { fileData: { fileUri: "https://a.example/b" } },
          {
            fileData: {
              fileUri: "https://generativelanguage.googleapis.com/v1beta/files/a",
              mimeType: "image/png",
            },
          },
        ),
      ],
    },
  },
  "a detail that all images have": {
    request: { messages: [user(image(png, "low"), text("?"), image(png, "low"))] },
    wanted: {
      contents: [turn("user", inline("image/png"), { text: "?" }, inline("image/png"))],
      generationConfig: { mediaResolution: "MEDIA_RESOLUTION_LOW" },
    },
  },
  "a detail that some have": {
    request: { messages: [user(image(png, "high"), image(png))] },
    wanted: { contents: [turn("user", inline("image/png"), inline("image/png"))] },
    warnings: ["messages[].content[].detail"],
  },
  "documents, sounds and films": {
    request: {
      messages: [
        user(
          {
            kind: "document",
            source: { kind: "base64", mediaType: "application/pdf", data: "AAAA" },
            context: "C",
            citations: true,
            at,
          },
          { kind: "document", source: { kind: "text", mediaType: "text/plain", text: "Ä" }, at },
          { kind: "audio", source: { kind: "base64", mediaType: "audio/mpeg", data: "AAAA" }, at },
          { kind: "video", source: { kind: "base64", mediaType: "video/mp4", data: "AAAA" }, at },
          {
            kind: "video",
            source: { kind: "url", url: "https://youtu.be/abc", mediaType: null },
            at,
          },
        ),
      ],
    },
    wanted: {
      contents: [
        turn(
          "user",
          inline("application/pdf"),
          { inlineData: { mimeType: "text/plain", data: Buffer.from("Ä").toString("base64") } },
          inline("audio/mpeg"),
          inline("video/mp4"),
          { fileData: { fileUri: "https://youtu.be/abc" } },
        ),
      ],
    },
    warnings: ["messages[].content[].context", "messages[].content[].citations"],
  },
  "calls and their results, which go first": {
    request: {
      messages: [
        user(text("Hi")),
        assistant(text("Let me see"), call("1"), call("2", "g")),
        user(text("Well?")),
        tool(result("2", text("A"), text("B")), {
          ...result("1", { kind: "json", value: { b: 1 }, at }),
          name: null,
        }),
      ],
    },
    wanted: {
      contents: [
        hi,
        turn(
          "model",
          { text: "Let me see" },
          { functionCall: { id: "1", name: "f", args: { a: 1 } } },
          { functionCall: { id: "2", name: "g", args: { a: 1 } } },
        ),
        turn(
          "user",
          { functionResponse: { id: "2", name: "f", response: { result: "A\nB" } } },
          { functionResponse: { id: "1", name: "f", response: { b: 1 } } },
          { text: "Well?" },
        ),
      ],
    },
  },
  "results that failed, that are lists, that look like JSON, that are nothing": {
    request: {
      messages: [
        tool(
          { ...result("1", text("no")), isError: true },
          result("2", { kind: "json", value: [1], at }),
          result("3", text(`{"a":1}`)),
          result("4"),
          result("5", text("a"), { kind: "json", value: { b: 1 }, at }),
          { ...result("6", { kind: "json", value: { b: 1 }, at }), isError: true },
          result("7", { kind: "json", value: { error: "not really" }, at }),
        ),
      ],
    },
    wanted: {
      contents: [
        turn(
          "user",
          { functionResponse: { id: "1", name: "f", response: { error: "no" } } },
          { functionResponse: { id: "2", name: "f", response: { result: [1] } } },
          { functionResponse: { id: "3", name: "f", response: { result: `{"a":1}` } } },
          { functionResponse: { id: "4", name: "f", response: { result: "" } } },
          { functionResponse: { id: "5", name: "f", response: { result: ["a", { b: 1 }] } } },
          { functionResponse: { id: "6", name: "f", response: { error: { b: 1 } } } },
          {
            functionResponse: { id: "7", name: "f", response: { result: { error: "not really" } } },
          },
        ),
      ],
    },
  },
  "a picture in a result stands behind all results": {
    request: { messages: [tool(result("1", text("A"), image(png)), result("2", text("B")))] },
    wanted: {
      contents: [
        turn(
          "user",
          { functionResponse: { id: "1", name: "f", response: { result: "A" } } },
          { functionResponse: { id: "2", name: "f", response: { result: "B" } } },
          inline("image/png"),
        ),
      ],
    },
  },
  "a picture in a result, from Gemini 3 on": {
    request: {
      messages: [
        tool(
          result(
            "1",
            image(png),
            image({ kind: "url", url: "https://a.example/b.png", mediaType: null }),
          ),
        ),
      ],
    },
    model: "gemini-3-flash-preview",
    wanted: {
      contents: [
        turn(
          "user",
          {
            functionResponse: {
              id: "1",
              name: "f",
              response: { result: "" },
              parts: [inline("image/png")],
            },
          },
          { fileData: { fileUri: "https://a.example/b.png", mimeType: "image/png" } },
        ),
      ],
    },
  },
  "refusals are texts, and another model's thinking isn't taken": {
    request: {
      messages: [
        user(text("Hi")),
        assistant(
          { kind: "reasoning", text: "Hm", signature: sign("anthropic"), at },
          { kind: "redacted_reasoning", data: sign("anthropic"), at },
          { kind: "refusal", text: "No.", at },
        ),
        user(text("Please")),
      ],
    },
    wanted: { contents: [hi, turn("model", { text: "No." }), turn("user", { text: "Please" })] },
    warnings: ["messages[].content[]", "messages[].content[]"],
  },
  "Gemini's own thinking and signatures go home": {
    request: {
      messages: [
        user(text("Hi")),
        assistant(
          { kind: "reasoning", text: "Hm", signature: sign("gemini"), at },
          { ...text("A"), signature: sign("gemini") },
          { ...call("1"), signature: sign("gemini") },
          call("2"),
        ),
        tool(result("1"), result("2")),
      ],
    },
    model: "gemini-3-pro-preview",
    wanted: {
      contents: [
        hi,
        turn(
          "model",
          { text: "Hm", thought: true, thoughtSignature: "c2ln" },
          { text: "A", thoughtSignature: "c2ln" },
          { functionCall: { id: "1", name: "f", args: { a: 1 } }, thoughtSignature: "c2ln" },
          { functionCall: { id: "2", name: "f", args: { a: 1 } } },
        ),
        turn(
          "user",
          { functionResponse: { id: "1", name: "f", response: { result: "" } } },
          { functionResponse: { id: "2", name: "f", response: { result: "" } } },
        ),
      ],
    },
  },
  "calls of another model get the documented signature on Gemini 3, the first of a turn": {
    request: {
      messages: [user(text("Hi")), assistant(call("1"), call("2")), tool(result("1"), result("2"))],
    },
    model: "models/gemini-3.1-pro-preview",
    wanted: {
      contents: [
        hi,
        turn(
          "model",
          {
            functionCall: { id: "1", name: "f", args: { a: 1 } },
            thoughtSignature: "skip_thought_signature_validator",
          },
          { functionCall: { id: "2", name: "f", args: { a: 1 } } },
        ),
        turn(
          "user",
          { functionResponse: { id: "1", name: "f", response: { result: "" } } },
          { functionResponse: { id: "2", name: "f", response: { result: "" } } },
        ),
      ],
    },
  },
  "a turn that isn't continued": {
    request: { messages: [user(text("Hi")), assistant(text("Once"))] },
    wanted: { contents: [hi, turn("model", { text: "Once" })] },
    warnings: ["messages[]"],
  },
};

export const SETTINGS: Readonly<Record<string, Case>> = {
  "limits and sampling": {
    request: { maxTokens: 5, temperature: 0.5, topP: 0.9, topK: 40, seed: 7, stop: ["a"] },
    wanted: {
      generationConfig: {
        maxOutputTokens: 5,
        temperature: 0.5,
        topP: 0.9,
        topK: 40,
        seed: 7,
        stopSequences: ["a"],
      },
    },
  },
  "a seed beyond 32 bits": { request: { seed: 2 ** 31 }, wanted: {}, warnings: ["seed"] },
  "penalties where the model has none": {
    request: { presencePenalty: 0.5, frequencyPenalty: 0 },
    wanted: {},
    warnings: ["presencePenalty"],
  },
  penalties: {
    request: { presencePenalty: 0.5, frequencyPenalty: -0.5 },
    model: "gemini-2.0-flash",
    wanted: { generationConfig: { presencePenalty: 0.5, frequencyPenalty: -0.5 } },
  },
  "one answer, and several": { request: { choiceCount: 1 }, wanted: {} },
  "several answers": {
    request: { choiceCount: 8 },
    wanted: { generationConfig: { candidateCount: 8 } },
  },
  "log probabilities": {
    request: { logprobs: true, topLogprobs: 3 },
    wanted: { generationConfig: { responseLogprobs: true, logprobs: 3 } },
  },
  "what Gemini has no word for": {
    request: {
      parallelToolCalls: false,
      logitBias: { "1": 5 },
      verbosity: "low",
      promptCacheKey: "k",
      user: "u",
      metadata: { a: "b" },
      cache: { ttl: null },
    },
    wanted: {},
    warnings: ["parallelToolCalls", "logitBias", "verbosity", "promptCacheKey", "user", "metadata"],
  },
  "what asks for nothing": {
    request: { parallelToolCalls: true, store: false, serviceTier: "auto", verbosity: "medium" },
    wanted: {},
  },
  "what is to be stored": {
    request: { store: true, serviceTier: "flex" },
    wanted: { store: true },
  },
  JSON: {
    request: { responseFormat: { kind: "json_object" } },
    wanted: { generationConfig: { responseMimeType: "application/json" } },
  },
  text: { request: { responseFormat: { kind: "text" } }, wanted: {} },
  "a schema": {
    request: {
      responseFormat: {
        kind: "json_schema",
        name: "n",
        description: "D",
        strict: true,
        schema: {
          type: "object",
          properties: { b: { type: "string" }, a: { type: "integer" } },
          additionalProperties: false,
        },
      },
    },
    wanted: {
      generationConfig: {
        responseMimeType: "application/json",
        responseSchema: {
          description: "D",
          type: "OBJECT",
          properties: { b: { type: "STRING" }, a: { type: "INTEGER" } },
          propertyOrdering: ["b", "a"],
        },
      },
    },
  },
  "a schema with more than Gemini has": {
    request: {
      responseFormat: { kind: "json_schema", schema: { type: "string", not: { const: "a" } } },
    },
    wanted: {
      generationConfig: {
        responseMimeType: "application/json",
        responseSchema: { type: "STRING" },
      },
    },
    warnings: ["responseFormat"],
  },
  functions: {
    request: {
      tools: [
        functionTool({
          description: "F",
          schema: { type: "object", properties: { b: { type: "string" }, a: { const: 1 } } },
        }),
        functionTool({
          name: "g",
          schema: { type: "object", properties: {}, additionalProperties: false },
        }),
        functionTool({ name: "h.i:j-k" }),
      ],
    },
    wanted: {
      tools: [
        {
          functionDeclarations: [
            {
              name: "f",
              description: "F",
              parameters: {
                type: "OBJECT",
                properties: {
                  b: { type: "STRING" },
                  a: { type: "INTEGER", minimum: 1, maximum: 1 },
                },
              },
            },
            { name: "g", description: "" },
            { name: "h.i:j-k", description: "" },
          ],
        },
      ],
    },
  },
  "a strict function": {
    request: { tools: [functionTool({ strict: true })] },
    wanted: {
      tools: [{ functionDeclarations: [{ name: "f", description: "" }] }],
      toolConfig: { functionCallingConfig: { mode: "VALIDATED" } },
    },
  },
};
