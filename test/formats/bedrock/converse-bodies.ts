import type { JsonObject } from "../../../src/core/json.ts";

/** Converse bodies that come out of the hub as they went in. None has tools: a batch takes none. */
export const CONVERSE_BODIES: Readonly<Record<string, JsonObject>> = {
  "a text": { messages: [{ role: "user", content: [{ text: "Hi" }] }] },
  "system text": {
    system: [{ text: "Be brief." }, { text: "Be kind." }],
    messages: [{ role: "user", content: [{ text: "Hi" }] }],
  },
  "system text between turns": {
    messages: [
      { role: "user", content: [{ text: "Hi" }] },
      { role: "system", content: [{ text: "Be brief." }] },
      { role: "user", content: [{ text: "Go on" }] },
    ],
  },
  "several turns": {
    messages: [
      { role: "user", content: [{ text: "Hi" }, { text: "there" }] },
      { role: "assistant", content: [{ text: "Hello" }] },
      { role: "user", content: [{ text: "How are you?" }] },
    ],
  },
  "every setting": {
    messages: [{ role: "user", content: [{ text: "Hi" }] }],
    inferenceConfig: { maxTokens: 9, temperature: 0.5, topP: 0.9, stopSequences: ["END"] },
    additionalModelRequestFields: { inferenceConfig: { topK: 20 } },
    requestMetadata: { team: "blue", "cost-center": "a/b+c=d" },
    serviceTier: { type: "flex" },
  },
  "images, films and sounds": {
    messages: [
      {
        role: "user",
        content: [
          { image: { format: "jpeg", source: { bytes: "QUJD" } } },
          { image: { format: "png", source: { s3Location: { uri: "s3://bucket/a.png" } } } },
          {
            video: {
              format: "three_gp",
              source: { s3Location: { uri: "s3://bucket/b", bucketOwner: "123456789012" } },
            },
          },
          { audio: { format: "mp3", source: { bytes: "QUJD" } } },
          { text: "What is it?" },
        ],
      },
    ],
  },
  documents: {
    messages: [
      {
        role: "user",
        content: [
          {
            document: {
              format: "pdf",
              name: "report",
              source: { bytes: "QUJD" },
              context: "of 2024",
              citations: { enabled: true },
            },
          },
          { document: { format: "txt", name: "notes", source: { text: "A note" } } },
          { text: "Sum up" },
        ],
      },
    ],
  },
  "places to cache": {
    system: [{ text: "Long" }, { cachePoint: { type: "default", ttl: "1h" } }],
    messages: [
      {
        role: "user",
        content: [{ text: "Long" }, { cachePoint: { type: "default" } }, { text: "Short" }],
      },
    ],
  },
  "guarded text": {
    system: [{ guardContent: { text: { text: "Guard me", qualifiers: ["grounding_source"] } } }],
    messages: [
      {
        role: "user",
        content: [{ guardContent: { text: { text: "And me", qualifiers: ["query"] } } }],
      },
    ],
    guardrailConfig: { guardrailIdentifier: "abc123", guardrailVersion: "1", trace: "enabled" },
  },
  thinking: {
    messages: [
      { role: "user", content: [{ text: "Hi" }] },
      {
        role: "assistant",
        content: [
          { reasoningContent: { reasoningText: { text: "Hm", signature: "c2ln" } } },
          { reasoningContent: { redactedContent: "ZGF0YQ==" } },
          { reasoningContent: { reasoningText: { text: "unsigned" } } },
          { text: "Hello" },
        ],
      },
      { role: "user", content: [{ text: "Go on" }] },
    ],
  },
  "what only Converse has": {
    messages: [
      {
        role: "user",
        content: [
          {
            searchResult: {
              source: "https://a.example",
              title: "A",
              content: [{ text: "B" }],
              citations: { enabled: true },
            },
          },
          { text: "Hi" },
        ],
      },
    ],
    promptVariables: { city: { text: "Paris" } },
    additionalModelResponseFieldPaths: ["/stop_sequence"],
    performanceConfig: { latency: "optimized" },
    additionalModelRequestFields: { random_seed: 5, output_config: { later: true } },
  },
  "an answer by a schema": {
    messages: [{ role: "user", content: [{ text: "Hi" }] }],
    outputConfig: {
      textFormat: {
        type: "json_schema",
        structure: {
          jsonSchema: {
            schema: '{"type":"object","properties":{"a":{"type":"string"}}}',
            name: "answer",
            description: "An answer",
          },
        },
      },
    },
  },
};

/** The same of conversations with tools, which only single calls take. */
export const CONVERSE_TOOL_BODIES: Readonly<Record<string, JsonObject>> = {
  tools: {
    messages: [{ role: "user", content: [{ text: "Weather?" }] }],
    toolConfig: {
      tools: [
        {
          toolSpec: {
            name: "get_weather",
            description: "The weather",
            inputSchema: { json: { type: "object", properties: { city: { type: "string" } } } },
            strict: true,
          },
        },
        { cachePoint: { type: "default" } },
        { systemTool: { name: "nova_grounding" } },
      ],
      toolChoice: { tool: { name: "get_weather" } },
    },
  },
  "calls and results": {
    messages: [
      { role: "user", content: [{ text: "Weather?" }] },
      {
        role: "assistant",
        content: [
          { text: "Let me see" },
          { toolUse: { toolUseId: "tooluse_1", name: "get_weather", input: { city: "Paris" } } },
          { toolUse: { toolUseId: "tooluse_2", name: "get_weather", input: {} } },
        ],
      },
      {
        role: "user",
        content: [
          {
            toolResult: {
              toolUseId: "tooluse_1",
              content: [
                { json: { degrees: 18 } },
                { text: "and" },
                { image: { format: "png", source: { bytes: "QUJD" } } },
                { document: { format: "csv", name: "table", source: { bytes: "QUJD" } } },
                { video: { format: "mp4", source: { bytes: "QUJD" } } },
                { searchResult: { source: "a", title: "b", content: [{ text: "c" }] } },
              ],
            },
          },
          {
            toolResult: { toolUseId: "tooluse_2", content: [{ text: "none" }], status: "error" },
          },
          { text: "Well?" },
        ],
      },
    ],
    toolConfig: {
      tools: [
        {
          toolSpec: {
            name: "get_weather",
            inputSchema: { json: { type: "object", properties: {} } },
          },
        },
      ],
      toolChoice: { any: {} },
    },
  },
};
