import type { ListedAnswerDifference } from "./listed-differences.ts";

/** Where we read an answer otherwise than the SDK does. */
export const ANSWER_DIFFERENCES: readonly ListedAnswerDifference[] = [
  {
    apis: ["openai.chat"],
    fields: ["content"],
    ours: "thinking that compatible hosts show (`reasoning_content`, `thinking_blocks`) is read",
    theirs: "left out",
    why: "clients of other APIs want to see it, and have to send it back",
    isMeant: ({ ours }) => JSON.stringify(ours).includes('"reasoning"'),
  },
  {
    apis: ["openai.responses"],
    fields: ["finish", "finishNative"],
    ours: "a reason that nobody knows is kept, and written as a plain stop",
    theirs: "a plain stop",
    why: "a reader of the same family sees it as it was",
  },
  {
    apis: ["openai.chat", "bedrock.converse"],
    fields: ["content", "refusal"],
    ours: "images in answers are read",
    theirs: "left out of Chat Completions; at Converse the whole answer is an error",
    why: "they are what was asked for",
    isMeant: ({ ours, field }) => field === "refusal" || JSON.stringify(ours).includes('"image/'),
  },
  {
    apis: ["bedrock.converse"],
    fields: ["finish"],
    ours: "that a call went wrong, or that the model was full, is known",
    theirs: "something else",
    why: "Converse says it",
    isMeant: ({ ours, theirs }) => (ours === "error" || ours === "length") && theirs === "other",
  },
  {
    apis: ["anthropic.messages"],
    fields: [
      "content[].type",
      "content[].text",
      "content[].id",
      "content[].name",
      "content[].input",
      "finish",
      "finishNative",
    ],
    ours: "a call of the tool that we make for JSON output is read as text",
    theirs: "read as a call: the SDK's own tool has another name",
    why: "nobody but us knows that tool",
  },
  {
    apis: ["anthropic.messages", "openai.responses"],
    fields: ["refusal"],
    ours: "an answer with parts that nobody knows is read, without them",
    theirs: "the whole answer is an error",
    why: "an answer that was paid for is never lost",
  },
];
