import { expect, test } from "vitest";
import { formats } from "../../../src/formats/formats.ts";
import { foreignRequest, place, userText, writtenRequest } from "../openai/translated.ts";

/** A conversation whose last words are the assistant's, and end with these blanks. */
function unfinished(text: string) {
  const at = place("messages", 1);
  const part = { kind: "text", text, at } as const;
  const messages = [userText("A poem"), { kind: "assistant", at, parts: [part] } as const];
  return foreignRequest({ family: "openai", messages });
}

test.each([
  ["anthropic.claude-sonnet-4-5-20250929-v1:0", "Rain,"],
  ["us.amazon.nova-lite-v1:0", "Rain, \n"],
])("%s goes on with an unfinished answer; Claude refuses blanks at its end", (model, text) => {
  const variant = "Converse";
  const choice = { endpoint: "chat", model, variant, sample: null } as const;
  const body = formats.bedrock.chooseBody(choice);
  if (body.kind !== "chat") throw new Error("there is no chat");
  expect(writtenRequest(unfinished("Rain, \n"), body.codec, model)).toEqual({
    warnings: [],
    body: {
      messages: [
        { role: "user", content: [{ text: "A poem" }] },
        { role: "assistant", content: [{ text }] },
      ],
    },
  });
});
