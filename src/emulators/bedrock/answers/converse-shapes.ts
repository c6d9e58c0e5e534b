// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html

import {
  anything,
  blob,
  boolean,
  integer,
  list,
  map,
  number,
  oneOf,
  structure,
  text,
  union,
} from "../shapes.ts";

const TOOL_NAME = text({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_-]+$/ });
const TOOL_USE_ID = text({ min: 1, max: 64, pattern: /^[a-zA-Z0-9_.:-]+$/ });
const filled = text({ min: 1 });
const index = integer({ min: 0 });

const s3Location = structure(
  {
    uri: text({
      min: 1,
      max: 1_024,
      pattern: /^s3:\/\/[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](\/.*)?$/,
    }),
    bucketOwner: text({ pattern: /^[0-9]{12}$/ }),
  },
  ["uri"],
);
const media = union({ bytes: blob, s3Location });
const problem = structure({ message: text() });
const cachePoint = structure({ type: oneOf(["default"]), ttl: oneOf(["5m", "1h"]) }, ["type"]);
const citations = structure({ enabled: boolean }, ["enabled"]);

const image = structure(
  { format: oneOf(["png", "jpeg", "gif", "webp"]), source: media, error: problem },
  ["format", "source"],
);

const document = structure(
  {
    format: oneOf(["pdf", "csv", "doc", "docx", "xls", "xlsx", "html", "txt", "md"]),
    name: text({ min: 1, max: 200 }),
    source: union({
      bytes: blob,
      s3Location,
      text: text(),
      content: list(union({ text: text() })),
    }),
    context: text(),
    citations,
  },
  ["name", "source"],
);

const video = structure(
  {
    format: oneOf(["mkv", "mov", "mp4", "webm", "flv", "mpeg", "mpg", "wmv", "three_gp"]),
    source: media,
  },
  ["format", "source"],
);

const AUDIO = "mp3 opus wav aac flac mp4 ogg mkv mka x-aac m4a mpeg mpga pcm webm";

const audio = structure({ format: oneOf(AUDIO.split(" ")), source: media, error: problem }, [
  "format",
  "source",
]);

const searchResult = structure(
  {
    source: text(),
    title: text(),
    content: list(structure({ text: text() }, ["text"])),
    citations,
  },
  ["source", "title", "content"],
);

const toolResult = structure(
  {
    toolUseId: TOOL_USE_ID,
    content: list(union({ json: anything, text: text(), image, document, video, searchResult })),
    status: oneOf(["success", "error"]),
    type: text(),
  },
  ["toolUseId", "content"],
);

const guardContent = union({
  text: structure(
    { text: text(), qualifiers: list(oneOf(["grounding_source", "query", "guard_content"])) },
    ["text"],
  ),
  image: structure({ format: oneOf(["png", "jpeg"]), source: union({ bytes: blob }) }, [
    "format",
    "source",
  ]),
});

const inDocument = structure({ documentIndex: index, start: index, end: index });

const citationsContent = structure({
  content: list(union({ text: text() })),
  citations: list(
    structure({
      title: text(),
      source: text(),
      sourceContent: list(union({ text: text() })),
      location: union({
        web: structure({ url: text(), domain: text() }),
        documentChar: inDocument,
        documentPage: inDocument,
        documentChunk: inDocument,
        searchResultLocation: structure({ searchResultIndex: index, start: index, end: index }),
      }),
    }),
  ),
});

const toolChange = structure(
  {
    tool: structure({
      type: text({ min: 1, max: 64 }),
      name: text({ min: 1, max: 128 }),
      serverName: text({ min: 1, max: 128 }),
    }),
  },
  ["tool"],
);

const contentBlock = union({
  text: text(),
  image,
  document,
  video,
  audio,
  toolUse: structure(
    {
      toolUseId: TOOL_USE_ID,
      name: TOOL_NAME,
      input: anything,
      type: oneOf(["server_tool_use"]),
    },
    ["toolUseId", "name", "input"],
  ),
  toolResult,
  guardContent,
  cachePoint,
  reasoningContent: union({
    reasoningText: structure({ text: text(), signature: text() }, ["text"]),
    redactedContent: blob,
  }),
  citationsContent,
  searchResult,
  toolAddition: toolChange,
  toolRemoval: toolChange,
});

export const MESSAGES = list(
  structure({ role: oneOf(["user", "assistant", "system"]), content: list(contentBlock) }, [
    "role",
    "content",
  ]),
);

export const SYSTEM = list(union({ text: filled, guardContent, cachePoint }));

export const TOOL_CONFIG = structure(
  {
    tools: list(
      union({
        toolSpec: structure(
          {
            name: TOOL_NAME,
            description: filled,
            inputSchema: union({ json: anything }),
            strict: boolean,
          },
          ["name", "inputSchema"],
        ),
        systemTool: structure({ name: TOOL_NAME }, ["name"]),
        cachePoint,
      }),
      { min: 1 },
    ),
    toolChoice: union({
      auto: structure({}),
      any: structure({}),
      tool: structure({ name: TOOL_NAME }, ["name"]),
    }),
  },
  ["tools"],
);

const GUARDRAIL =
  /^(|([a-z0-9]+)|(arn:aws(-[^:]+)?:bedrock:[a-z0-9-]{1,20}:[0-9]{12}:guardrail\/[a-z0-9]+))$/;
const METADATA = /^[a-zA-Z0-9\s:_@$#=/+,-.]*$/;

/** What of a Converse request is counted. */
export const COUNTED_CONVERSE = structure({
  messages: MESSAGES,
  system: SYSTEM,
  toolConfig: TOOL_CONFIG,
  additionalModelRequestFields: anything,
});

export const CONVERSE = structure({
  messages: MESSAGES,
  system: SYSTEM,
  inferenceConfig: structure({
    maxTokens: integer({ min: 1 }),
    temperature: number({ min: 0, max: 1 }),
    topP: number({ min: 0, max: 1 }),
    stopSequences: list(filled, { max: 2_500 }),
  }),
  toolConfig: TOOL_CONFIG,
  guardrailConfig: structure({
    guardrailIdentifier: text({ max: 2_048, pattern: GUARDRAIL }),
    guardrailVersion: text({ pattern: /^(|([1-9][0-9]{0,7})|(DRAFT))$/ }),
    trace: oneOf(["enabled", "disabled", "enabled_full"]),
  }),
  additionalModelRequestFields: anything,
  promptVariables: map(text(), union({ text: text() })),
  additionalModelResponseFieldPaths: list(text({ min: 1, max: 256 }), { max: 10 }),
  requestMetadata: map(
    text({ min: 1, max: 256, pattern: METADATA }),
    text({ max: 256, pattern: METADATA }),
    { max: 16 },
  ),
  performanceConfig: structure({ latency: oneOf(["standard", "optimized"]) }),
  serviceTier: structure({ type: oneOf(["priority", "default", "flex", "reserved"]) }, ["type"]),
  outputConfig: structure({
    textFormat: structure(
      {
        type: oneOf(["json_schema"]),
        structure: union({
          jsonSchema: structure({ schema: text(), name: text(), description: text() }, ["schema"]),
        }),
      },
      ["type", "structure"],
    ),
    effort: text({ max: 16 }),
  }),
});
