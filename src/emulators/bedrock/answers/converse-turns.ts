// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Message.html and …_DocumentBlock.html

import type { JsonObject } from "../../json.ts";
import { isJsonObject, objectsOf, shown } from "../../json.ts";
import { invalid } from "../bedrock-error.ts";
import { objectOf } from "./reply.ts";

/** What the shapes of a conversation can't say: Converse and Nova's own bodies have the same rules. */
export function checkTurns(messages: readonly JsonObject[], hasTools: boolean): void {
  const [first] = messages;
  if (first === undefined || first["role"] !== "user") {
    throw invalid(
      "A conversation must start with a user message. Try again with a conversation that starts with a user message.",
    );
  }
  let open: readonly string[] = [];
  for (const [index, message] of messages.entries()) {
    if (message["role"] === messages[index - 1]?.["role"]) {
      throw invalid(
        "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.",
      );
    }
    const blocks = objectsOf(message["content"]);
    if (blocks.length === 0) {
      throw invalid(
        `The content field in the Message object at messages.${index} is empty. Add a ContentBlock object to the content field and try again.`,
      );
    }
    checkBlocks(blocks, index);
    open = checkResults(blocks, { index, open, hasTools });
  }
  if (open.length > 0) throw unanswered(messages.length, open);
}

function checkBlocks(blocks: readonly JsonObject[], index: number): void {
  for (const [position, { text, document }] of blocks.entries()) {
    if (typeof text === "string" && text.trim() === "") {
      throw invalid(
        `The text field in the ContentBlock object at messages.${index}.content.${position} is blank. Add text to the text field, and try again.`,
      );
    }
    if (isJsonObject(document)) checkDocument(shown(document["name"]));
  }
  const hasDocument = blocks.some((block) => block["document"] !== undefined);
  if (!hasDocument || blocks.some((block) => block["text"] !== undefined)) return;
  throw invalid(
    `The content field in the Message object at messages.${index} has a document and no text. Add a text block that belongs to it, and try again.`,
  );
}

const DOCUMENT_NAME = /^(?:[a-zA-Z0-9()[\]-]|\s(?!\s))+$/;

function checkDocument(name: string): void {
  if (DOCUMENT_NAME.test(name)) return;
  throw invalid(
    "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character. Edit the document file name and try again.",
  );
}

interface Turn {
  readonly index: number;
  /** Calls of the turn before that have no result yet. */
  readonly open: readonly string[];
  readonly hasTools: boolean;
}

/** Every call is answered in the turn after it, and every answer has its call. Returns this turn's calls. */
function checkResults(blocks: readonly JsonObject[], turn: Turn): readonly string[] {
  const { index, open, hasTools } = turn;
  const results = idsOf(blocks, "toolResult");
  const calls = idsOf(blocks, "toolUse");
  if (!hasTools && results.length + calls.length > 0) {
    throw invalid(
      "The toolConfig field must be defined when using toolUse and toolResult content blocks.",
    );
  }
  if (results.length > open.length) {
    throw invalid(
      `The number of toolResult blocks at messages.${index}.content exceeds the number of toolUse blocks of previous turn.`,
    );
  }
  const left = open.filter((id) => !results.includes(id));
  if (left.length > 0) throw unanswered(index, left);
  return calls;
}

function idsOf(blocks: readonly JsonObject[], kind: "toolUse" | "toolResult"): readonly string[] {
  return blocks.flatMap((block) => {
    const { toolUseId } = objectOf(block[kind]);
    return toolUseId === undefined ? [] : [shown(toolUseId)];
  });
}

function unanswered(index: number, ids: readonly string[]): Error {
  return invalid(
    `Expected toolResult blocks at messages.${index}.content for the following Ids: ${ids.join(", ")}`,
  );
}
