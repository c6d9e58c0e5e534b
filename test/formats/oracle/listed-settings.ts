import type { ListedDifference } from "./listed-differences.ts";
import { saidText } from "./said-text.ts";
import type { Api } from "./sdk-models.ts";

const CLAUDE: readonly Api[] = ["anthropic.messages", "bedrock.claude"];
const OPENAI: readonly Api[] = ["openai.chat", "openai.responses"];

/** Of everything beside the conversation and its tools. */
export const SETTING_DIFFERENCES: readonly ListedDifference[] = [
  {
    apis: ["openai.chat"],
    fields: ["max_completion_tokens", "max_tokens"],
    ours: "the limit is always `max_completion_tokens`",
    theirs: "`max_tokens`, except for models that reason",
    why: "the old name is deprecated, and every model takes the new one",
    isMeant: ({ ours, theirs }, { maxTokens }) => (ours ?? theirs) === maxTokens,
  },
  {
    apis: CLAUDE,
    fields: ["max_tokens"],
    ours: "a request without a limit gets 4096",
    theirs: "as much as the model can",
    why: "Anthropic wants a limit; a batch of lines without one shouldn't cost the most it can",
    isMeant: ({ ours }, { maxTokens }) => maxTokens === undefined && ours === 4096,
  },
  {
    apis: [...CLAUDE, "bedrock.converse"],
    fields: ["max_tokens", "inferenceConfig.maxTokens"],
    ours: "the limit includes thinking",
    theirs: "the budget of thinking is added to it",
    why: "that is what the limit means in every API",
    isMeant: ({ ours, theirs }, { reasoning }) =>
      reasoning !== undefined && Number(theirs) > Number(ours),
  },
  {
    apis: [...CLAUDE, "bedrock.converse", "gemini.generateContent"],
    fields: [
      "thinking.budget_tokens",
      "additionalModelRequestFields.thinking.budget_tokens",
      "generationConfig.thinkingConfig.thinkingBudget",
    ],
    ours: "an effort is 1024, 2048 or 4096 tokens at Claude, as Google's own layer says at Gemini",
    theirs: "a share of all that the model can write",
    why: "a budget that fits below usual limits",
    isMeant: (_, { reasoning }) => reasoning?.effort !== undefined,
  },
  {
    apis: [...CLAUDE, "bedrock.converse"],
    fields: ["thinking", "additionalModelRequestFields", "tool_choice.type"],
    ours: "no thinking where a tool is forced, or calls of before were made without",
    theirs: "asked for all the same, the choice of tools loosened",
    why: "Claude refuses the one, and the other would be another answer",
    isMeant: (_, { reasoning, toolChoice, messages }) =>
      reasoning !== undefined &&
      (toolChoice?.kind === "required" ||
        messages.some(({ parts }) => parts.some((part) => part.kind === "tool_call"))),
  },
  {
    apis: ["gemini.generateContent"],
    fields: [
      "generationConfig.thinkingConfig.thinkingBudget",
      "generationConfig.thinkingConfig.thinkingLevel",
    ],
    ours: "a budget becomes a level where the model knows levels",
    theirs: "passed on as a budget",
    why: "Gemini 3 thinks by level",
    isMeant: (_, { reasoning }) => reasoning?.thinking !== undefined,
  },
  {
    apis: CLAUDE,
    fields: ["thinking.budget_tokens"],
    ours: "a budget that the limit has no room for is lowered, with a warning",
    theirs: "passed on, and the limit raised",
    why: "the limit is what the client pays for",
    isMeant: ({ ours, theirs }, { reasoning }) =>
      reasoning?.thinking?.kind === "budget" && Number(ours) < Number(theirs),
  },
  {
    apis: ["gemini.generateContent"],
    fields: ["generationConfig.thinkingConfig.thinkingLevel"],
    ours: "levels of thinking are written in capitals",
    theirs: "in small letters",
    why: "the names of the enumeration",
    isMeant: ({ ours, theirs }) => saidText(ours).toLowerCase() === theirs,
  },
  {
    apis: [...CLAUDE, "bedrock.converse"],
    fields: ["thinking.display", "additionalModelRequestFields.thinking.display"],
    ours: "thinking is shown where the client asked for it",
    theirs: "always where an effort was given, never with a budget",
    why: "what the client asked for",
  },
  {
    apis: ["bedrock.claude"],
    fields: ["thinking.type", "thinking.budget_tokens"],
    ours: "a model that doesn't choose its own budget gets one",
    theirs: "`adaptive` is passed on",
    why: "the model would refuse it",
    isMeant: (_, { reasoning }) => reasoning?.thinking?.kind === "adaptive",
  },
  {
    apis: OPENAI,
    fields: ["reasoning_effort", "reasoning"],
    ours: "an effort is always written, one that stands for a budget too",
    theirs: "efforts alone, and only for models that the package knows to reason",
    why: "the model would think as it likes, and OpenAI knows its models best",
    isMeant: ({ theirs }) => theirs === undefined,
  },
  {
    apis: ["openai.responses"],
    fields: ["reasoning.summary"],
    ours: "a summary of the thinking where the client asked for it",
    theirs: "`detailed` wherever there is an effort",
    why: "what the client asked for",
    isMeant: ({ ours, theirs }) => ours === undefined && theirs === "detailed",
  },
  {
    apis: ["openai.responses"],
    fields: ["store"],
    ours: "`store: false` unless the client said otherwise",
    theirs: "left out, which stores the answer",
    why: "Chat Completions and every other API store nothing by default",
    isMeant: ({ ours, theirs }) => ours === false && theirs === undefined,
  },
  {
    apis: ["openai.responses"],
    fields: ["include"],
    ours: "models that reason are asked for their hidden thinking",
    theirs: "only with `store: false`",
    why: "what isn't stored has to travel with the conversation",
  },
  {
    apis: OPENAI,
    fields: ["service_tier"],
    ours: "a service tier is passed on",
    theirs: "dropped for models of which the package doesn't know it",
    why: "OpenAI knows its models best",
    isMeant: ({ theirs }) => theirs === undefined,
  },
  {
    apis: ["openai.chat"],
    fields: ["metadata"],
    ours: "metadata goes only with `store: true`; else it is dropped with a warning",
    theirs: "passed on",
    why: "OpenAI refuses it where nothing is stored",
    isMeant: ({ ours }, { store }) => ours === undefined && store !== true,
  },
  {
    apis: CLAUDE,
    fields: ["stop_sequences"],
    ours: "blank stop sequences are left out, with a warning",
    theirs: "passed on",
    why: "Anthropic refuses them",
    isMeant: (_, { stop }) => stop?.some((text) => text.trim() === "") === true,
  },
  {
    apis: ["gemini.generateContent", "bedrock.converse"],
    fields: ["generationConfig", "system"],
    ours: "settings and system text are left out where there is nothing to say",
    theirs: "an empty object, an empty list",
    why: "the same to the API",
    isMeant: ({ ours, theirs }) =>
      ours === undefined && ["{}", "[]"].includes(JSON.stringify(theirs)),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["inferenceConfig.topK", "additionalModelRequestFields"],
    ours: "top-k goes into the model's own fields",
    theirs: "into `inferenceConfig`",
    why: "Converse's `inferenceConfig` has no such field",
    isMeant: (_, { topK }) => topK !== undefined,
  },
  {
    apis: ["bedrock.converse"],
    fields: ["outputConfig", "additionalModelRequestFields.output_config"],
    ours: "an effort goes into `outputConfig.effort`",
    theirs: "into Claude's own fields",
    why: "Converse's own place",
    isMeant: ({ ours, theirs }) => JSON.stringify(ours ?? theirs).includes("effort"),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["additionalModelRequestFields"],
    ours: "that the model shouldn't think is said",
    theirs: "left out",
    why: "some models think by default",
    isMeant: (_, { reasoning }) =>
      reasoning?.thinking?.kind === "off" || reasoning?.effort === "none",
  },
  {
    apis: ["bedrock.converse"],
    fields: ["additionalModelResponseFieldPaths"],
    ours: "`additionalModelResponseFieldPaths` are asked for only by Bedrock's own clients",
    theirs: "Claude is always asked which stop sequence it hit",
    why: "the field is for streams; an answer says that it stopped at one",
  },
];
