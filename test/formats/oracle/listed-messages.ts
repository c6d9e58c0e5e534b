import { isJsonObject, type Json } from "../../../src/core/json.ts";
import { isJsonArray } from "../../../src/formats/fields.ts";
import type { ListedDifference } from "./listed-differences.ts";
import { saidText } from "./said-text.ts";
import type { Api } from "./sdk-models.ts";

const CLAUDE: readonly Api[] = ["anthropic.messages", "bedrock.claude"];
const OPENAI: readonly Api[] = ["openai.chat", "openai.responses"];

/** Of what is said, and by whom. */
export const MESSAGE_DIFFERENCES: readonly ListedDifference[] = [
  {
    apis: [...CLAUDE, "gemini.generateContent", "bedrock.converse", "openai.responses"],
    fields: ["messages", "contents", "input"],
    ours: "turns of one role are joined, empty ones left out",
    theirs: "written one after the other, some of them empty",
    why: "Converse refuses turns that don't alternate, Anthropic and Converse refuse empty texts",
    isMeant: ({ ours, theirs }) => isSame(joinTurns(ours), joinTurns(theirs)),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["messages"],
    ours: "a message of the user's is made where the assistant begins",
    theirs: "written as it is",
    why: "Bedrock wants the user to begin",
    isMeant: ({ ours }) => JSON.stringify(ours).includes('{"text":"Begin."}'),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["messages[].content[].text"],
    ours: "an unfinished answer loses the blanks at its end for Claude only",
    theirs: "for every model",
    why: "only Claude refuses them",
    isMeant: ({ ours, theirs }) => saidText(ours).trim() === theirs,
  },
  {
    apis: CLAUDE,
    fields: ["refusal"],
    ours: "an unfinished answer is refused for models that don't go on with it",
    theirs: "passed on",
    why: "the provider would refuse it",
    isMeant: ({ ours }) => saidText(ours).includes("go on with the assistant's"),
  },
  {
    apis: ["openai.chat"],
    fields: ["messages[].content"],
    ours: "an assistant's texts stay apart",
    theirs: "glued together",
    why: "nothing is joined that needn't be",
    isMeant: ({ ours, theirs }) => saidText(ours) === saidText(theirs),
  },
  {
    apis: CLAUDE,
    fields: ["messages", "system", "system[].text"],
    ours: "system text between turns goes to the front for models that don't take it in its place",
    theirs: "stays, under a beta header",
    why: "a line of a batch has no headers",
    isMeant: (_, { messages }) =>
      messages.some(({ kind }, index) => kind === "system" && index > 0),
  },
  {
    apis: ["gemini.generateContent", "bedrock.converse"],
    fields: ["refusal"],
    ours: "system text between turns goes to the front",
    theirs: "refused",
    why: "it can be said, and OpenAI's clients send it",
    isMeant: ({ theirs }) => /system messages/i.test(saidText(theirs)),
  },
  {
    apis: CLAUDE,
    fields: ["messages[].content[].id", "messages[].content[].tool_use_id"],
    ours: "ids of calls are rewritten where Anthropic would refuse them",
    theirs: "passed on",
    why: "Anthropic takes letters, digits, `_` and `-`",
    isMeant: ({ theirs }) => !/^[\w-]+$/.test(saidText(theirs)),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["messages[].content[].toolUse.toolUseId", "messages[].content[].toolResult.toolUseId"],
    ours: "ids of calls are rewritten where Converse would refuse them",
    theirs: "passed on",
    why: "Converse takes letters, digits and `_.:-`",
    isMeant: ({ theirs }) => !/^[\w.:-]+$/.test(saidText(theirs)),
  },
  {
    apis: OPENAI,
    fields: [
      "messages[].content[].prompt_cache_breakpoint",
      "input[].content[].prompt_cache_breakpoint",
    ],
    ours: "marks of other APIs for the prompt cache are left out",
    theirs: "translated",
    why: "OpenAI caches by itself; only its newest models take marks",
  },
  {
    apis: ["openai.chat"],
    fields: ["messages[].content[].cache_control", "tools[].cache_control"],
    ours: "marks for the prompt cache that came in a body of Chat Completions stay in it",
    theirs: "never written",
    why: "hosts that are compatible with OpenAI take them",
  },
  {
    apis: ["openai.chat"],
    fields: [
      "messages[].reasoning_content",
      "messages[].thinking_blocks",
      "messages[].tool_calls[].extra_content",
    ],
    ours: "thinking and signatures that came in a body of Chat Completions stay in it",
    theirs: "left out",
    why: "hosts that are compatible with OpenAI want them back",
    isMeant: (_, { family }) => family === "openai",
  },
  {
    apis: ["gemini.generateContent"],
    fields: ["contents[].parts"],
    ours: "thinking that another family signed is left out, with a warning",
    theirs: "written as a thought without a signature",
    why: "Gemini takes only its own thinking back",
    isMeant: ({ theirs }) => hasPart(theirs, "thought"),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["messages[].content"],
    ours: "hidden thinking of Anthropic's API is left out, with a warning",
    theirs: "written as `redactedReasoning`",
    why: "Converse has no such field, and takes only its own `redactedContent`",
    isMeant: ({ theirs }) => hasPart(theirs, "reasoningContent"),
  },
  {
    apis: OPENAI,
    fields: ["messages[].content[].file.filename", "input[].content[].filename"],
    ours: "a document without a name is `document.pdf`",
    theirs: "`part-0.pdf`",
    why: "OpenAI wants a name; any will do",
  },
  {
    apis: ["bedrock.converse"],
    fields: ["messages[].content[].document.name"],
    ours: "a document's name keeps its ending (`report-pdf`); without one it's `document`",
    theirs: "`report`; `document-1`",
    why: "what Converse forbids becomes `-`, so that the model sees what the file was",
  },
  {
    apis: ["bedrock.converse"],
    fields: ["messages[].content[].document.context"],
    ours: "what the model may know of a document is said",
    theirs: "left out",
    why: "Converse has a field for it",
  },
  {
    apis: ["bedrock.converse"],
    fields: [
      "messages[].content[].document.source.bytes",
      "messages[].content[].document.source.text",
    ],
    ours: "a plain text goes as `text`",
    theirs: "as base64",
    why: "shorter, and Converse has a field for it",
  },
  {
    apis: OPENAI,
    fields: ["refusal"],
    ours: "a document of plain text is said in the message",
    theirs: "refused",
    why: "nothing is lost by it",
    isMeant: ({ theirs }) => saidText(theirs).includes("text file parts"),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["refusal"],
    ours: "audio is written",
    theirs: "refused",
    why: "Converse has audio, for the models that hear",
    isMeant: ({ theirs }) => saidText(theirs).includes("mime type: audio"),
  },
  {
    apis: ["bedrock.claude"],
    fields: ["refusal"],
    ours: "images by URL are refused",
    theirs: "passed on by this package; the SDK around it downloads them first",
    why: "Claude on Bedrock takes base64, and the gateway doesn't fetch what clients name",
    isMeant: ({ ours }) => saidText(ours).includes("as base64"),
  },
  {
    apis: [...CLAUDE, ...OPENAI, "gemini.generateContent"],
    fields: ["refusal"],
    ours: "images in a bucket of S3 are refused",
    theirs: "their address is passed on",
    why: "only Bedrock reads from S3",
    isMeant: (_, { messages }) =>
      messages.some(({ parts }) =>
        parts.some((part) => part.kind === "image" && part.source.kind === "s3"),
      ),
  },
  {
    apis: ["openai.responses"],
    fields: ["input[].content[].detail", "input[].output[].detail"],
    ours: 'the detail `"auto"` of an image is written out',
    theirs: "left out",
    why: "OpenAI's schema requires it",
    isMeant: ({ ours, theirs }) => ours === "auto" && theirs === undefined,
  },
];

function hasPart(parts: Json | undefined, key: string): boolean {
  return isJsonArray(parts) && parts.some((part) => isJsonObject(part) && Object.hasOwn(part, key));
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Roles and texts, each role once in a row. */
function joinTurns(list: Json | undefined): unknown {
  const turns: { readonly role: Json | undefined; text: string }[] = [];
  for (const item of isJsonArray(list) ? list : []) {
    if (!isJsonObject(item)) continue;
    const text = saidText(item["content"] ?? item["parts"]);
    const last = turns.at(-1);
    if (text === "") continue;
    if (last !== undefined && last.role === item["role"]) last.text += text;
    else turns.push({ role: item["role"], text });
  }
  return turns;
}
