import { isJsonObject } from "../../../src/core/json.ts";
import type { ListedDifference } from "./listed-differences.ts";
import { saidText } from "./said-text.ts";
import type { Api } from "./sdk-models.ts";

const CLAUDE: readonly Api[] = ["anthropic.messages", "bedrock.claude"];
const OPENAI: readonly Api[] = ["openai.chat", "openai.responses"];

/** Of tools and of JSON output. */
export const OUTPUT_DIFFERENCES: readonly ListedDifference[] = [
  {
    apis: ["gemini.generateContent"],
    fields: [
      "tools[].functionDeclarations[].parameters",
      "tools[].functionDeclarations[].parametersJsonSchema",
    ],
    ours: "tools have `parameters`, in Google's own subset of schemas",
    theirs: "`parametersJsonSchema`",
    why: "batches are reported to mishandle JSON Schema",
  },
  {
    apis: ["gemini.generateContent"],
    fields: ["generationConfig.responseSchema", "generationConfig.responseJsonSchema"],
    ours: "a schema is `responseSchema`, references inlined",
    theirs: "`responseJsonSchema`",
    why: "batches are reported to mishandle JSON Schema",
  },
  {
    apis: ["gemini.generateContent"],
    fields: ["refusal"],
    ours: "recursive schemas are refused",
    theirs: "passed on",
    why: "Google's subset has no references",
    isMeant: ({ ours }) => saidText(ours).includes("recursive"),
  },
  {
    apis: ["gemini.generateContent"],
    fields: [
      "contents[].parts[].functionResponse.response.name",
      "contents[].parts[].functionResponse.response.content",
      "contents[].parts[].functionResponse.response.result",
      "contents[].parts[].functionResponse.response.rain",
      "contents[].parts[].functionResponse.response.temperature",
    ],
    ours: "a result that is an object is the response; a text is its `result`",
    theirs: "everything is `content`, beside the tool's `name`",
    why: "any object will do; ours is read back as it was",
  },
  {
    apis: ["gemini.generateContent"],
    fields: ["contents[].parts"],
    ours: "files in results stand behind them",
    theirs: "the same, with a sentence of the SDK's own about each",
    why: "nothing is said in the client's name",
    isMeant: ({ theirs }) => JSON.stringify(theirs).includes("Tool executed successfully"),
  },
  {
    apis: ["openai.chat"],
    fields: ["refusal"],
    ours: "images in results are refused",
    theirs: "printed as JSON text, base64 and all",
    why: "the model would see letters",
    isMeant: ({ ours }) => saidText(ours).includes("tool results are only text"),
  },
  {
    apis: OPENAI,
    fields: ["messages[].content[].text", "input[].output"],
    ours: "the text of a failed tool, and a warning",
    theirs: '`{"error": …}` around it',
    why: "the model gets what the tool said",
    isMeant: ({ ours, theirs }) => JSON.stringify({ error: ours }) === theirs,
  },
  {
    apis: ["bedrock.converse"],
    fields: ["messages[].content[].toolResult.status"],
    ours: "a failed tool has the status `error`",
    theirs: "left out",
    why: "Converse has a field for it",
    isMeant: ({ ours }) => ours === "error",
  },
  {
    apis: ["bedrock.converse"],
    fields: [
      "messages[].content[].toolResult.content[].json",
      "messages[].content[].toolResult.content[].text",
    ],
    ours: "a result that is JSON goes as `json`",
    theirs: "as text",
    why: "Converse has a field for it",
  },
  {
    apis: ["openai.chat", "openai.responses"],
    fields: [
      "tools[].function.parameters",
      "tools[].parameters.additionalProperties",
      "tools[].parameters.required",
    ],
    ours: "a tool without parameters has none (Responses, which wants a schema: a closed one)",
    theirs: "an open object without properties",
    why: "a closed one can be strict, which is Responses' default",
    isMeant: ({ theirs }) =>
      theirs === undefined || JSON.stringify(theirs) === '{"type":"object","properties":{}}',
  },
  {
    apis: [...CLAUDE, ...OPENAI, "bedrock.converse"],
    fields: ["refusal"],
    ours: "tools with names that the API forbids are refused",
    theirs: "passed on",
    why: "a renamed tool would have to be renamed again in every answer",
    isMeant: ({ ours }) => saidText(ours).includes("tools have names"),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["toolConfig"],
    ours: "`none` after calls keeps the tools",
    theirs: "drops them, and the calls and results of before",
    why: "a conversation with calls needs their tools",
    isMeant: (_, { toolChoice }) => toolChoice?.kind === "none",
  },
  {
    apis: ["bedrock.claude"],
    fields: ["output_config.format.schema.description"],
    ours: "the schema keeps its description",
    theirs: "dropped",
    why: "it tells the model what is wanted",
  },
  {
    apis: ["bedrock.converse"],
    fields: ["toolConfig.tools[].toolSpec.strict"],
    ours: "`strict: false` is left out",
    theirs: "written",
    why: "it's the default, and not every model knows the field",
    isMeant: ({ ours, theirs }) => ours === undefined && theirs === false,
  },
  {
    apis: ["bedrock.converse"],
    fields: ["toolConfig.tools"],
    ours: "all tools are written, and marks for the cache behind them",
    theirs: "with a named choice only that tool; no marks",
    why: "the prompt stays the same from line to line, and Converse has the marks",
    isMeant: (_, { toolChoice, tools }) =>
      toolChoice?.kind === "named" || tools?.some((tool) => tool.cache !== undefined) === true,
  },
  {
    apis: ["bedrock.converse"],
    fields: ["refusal"],
    ours: "tools in a batch are refused",
    theirs: "written: the SDK makes no batches of Converse bodies",
    why: "Converse batches fail line by line where there are tools",
    isMeant: ({ ours }) => saidText(ours).includes("batch takes no tools"),
  },
  {
    apis: ["bedrock.claude"],
    fields: ["tool_choice", "tool_choice.disable_parallel_tool_use", "tools"],
    ours: "a tool choice is as at Anthropic: `none` keeps the tools, parallel calls can be turned off",
    theirs: "`none` drops the tools; that calls be made one by one is dropped",
    why: "history may have calls, and nothing is dropped in silence",
    isMeant: (_, { toolChoice, parallelToolCalls }) =>
      toolChoice?.kind === "none" || parallelToolCalls === false,
  },
  {
    apis: ["bedrock.claude"],
    fields: ["anthropic_beta"],
    ours: "no beta that the client didn't ask for",
    theirs: "`structured-outputs-2025-11-13` wherever there are tools",
    why: "Claude's structured output is generally available",
  },
  {
    apis: OPENAI,
    fields: ["messages", "messages[].content", "input", "input[].content"],
    ours: "a system message asks for JSON where another family's request wants any JSON",
    theirs: "only the setting",
    why: "OpenAI refuses `json_object` unless a message speaks of JSON",
    isMeant: (_, { responseFormat, family }) =>
      responseFormat?.kind === "json_object" && family !== "openai",
  },
  {
    apis: [...CLAUDE, "bedrock.converse"],
    fields: ["system[].text", "system"],
    ours: "any JSON is asked for in the system text",
    theirs: "dropped with a warning",
    why: "there is no such setting, and without it the answer would be another",
    isMeant: (_, { responseFormat }) => responseFormat?.kind === "json_object",
  },
  {
    apis: [...CLAUDE, "bedrock.converse"],
    fields: [
      "tools[].name",
      "tools[].description",
      "toolConfig.tools[].toolSpec.name",
      "toolConfig.tools[].toolSpec.description",
      "tool_choice.name",
      "tool_choice.type",
      "tools",
      "tool_choice",
      "output_config",
    ],
    ours: "a schema that the API or model can't take is a tool by name, forced",
    theirs: "the same under another name, forced by `any`; on Bedrock passed on as it is",
    why: "the name tells our reader that the call is the answer",
    isMeant: (_, { responseFormat }) => responseFormat?.kind === "json_schema",
  },
  {
    apis: ["bedrock.converse"],
    fields: ["outputConfig", "additionalModelRequestFields"],
    ours: "a schema goes into `outputConfig.textFormat`",
    theirs: "into Claude's own fields",
    why: "Converse's own place, for every model that has it",
    isMeant: ({ ours, theirs }, { responseFormat }) =>
      responseFormat?.kind === "json_schema" &&
      [ours, theirs].some(
        (side) => isJsonObject(side) && ("textFormat" in side || "output_config" in side),
      ),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["refusal"],
    ours: "a schema is refused where the model can't be held to it",
    theirs: "a forced tool, or a sentence in the prompt",
    why: "in a batch Converse takes no tools, and a sentence is no promise",
    isMeant: ({ ours }) => saidText(ours).includes("can't be held to a schema"),
  },
];
