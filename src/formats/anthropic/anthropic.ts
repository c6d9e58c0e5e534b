import { CodecError } from "../../core/codec-error.ts";
import type { BodyChoice, BodyFormat, Format } from "../../core/format.ts";
import { anthropicMessages } from "./anthropic-messages.ts";
import { parseCallError } from "./call-error.ts";
import { requestLine, resultLine } from "./lines.ts";

export function createAnthropicFormat(): Format {
  return {
    name: "anthropic",
    requestLine,
    resultLine,
    parseCallError,
    idRule: {
      pattern: /^[a-zA-Z0-9_-]{1,64}$/,
      description: "1 to 64 letters, digits, - and _",
    },
    bodies: [messages],
    chooseBody,
  };
}

const messages: BodyFormat = {
  kind: "chat",
  codec: anthropicMessages,
  frame: { modelIn: "body", adds: {}, removes: ["stream"] },
};

/** A request to OpenAI's other chat API is a chat all the same. */
function chooseBody({ endpoint }: BodyChoice): BodyFormat {
  if (endpoint === "chat" || endpoint === "responses") return messages;
  throw new CodecError(
    "untranslatable",
    "",
    `Anthropic has no ${endpoint.slice(0, 80)}: its batches take Messages only`,
  );
}
