import type { ChatRequest, Message } from "../../core/chat-request.ts";
import type { AssistantPart, DocumentPart } from "../../core/content.ts";
import { type JsonPath, ROOT } from "../../core/json-path.ts";
import type { WriteContext } from "../../core/write-context.ts";
import { toConversation, type Turn, type TurnPart } from "../turns.ts";
import { JSON_INSTRUCTION, planOutput } from "./json-output.ts";

/** A conversation for models that take one text, in which roles are marked by words or tokens of theirs. */
export interface Prompt {
  readonly system: string;
  readonly turns: readonly PromptTurn[];
}

export interface PromptTurn {
  readonly role: "user" | "assistant";
  readonly text: string;
}

export interface PromptRules {
  /** Whose prompt it is, for messages. */
  readonly name: string;
  /** What marks roles in the template: a text that holds it could speak as somebody else. */
  readonly marks: RegExp;
  readonly beginsWithUser: boolean;
}

export function toPrompt(request: ChatRequest, rules: PromptRules, context: WriteContext): Prompt {
  const ways = { takesSchema: false, takesForcedTool: false };
  const output = planOutput(request, ways, context);
  const conversation = toConversation(request.messages, { keepsSystemInPlace: false, context });
  const reading = { rules, context };
  const system = conversation.system.map((part) => checkedText(part.text, part.at, reading));
  if (output.kind === "instruction") system.push(JSON_INSTRUCTION);
  const turns: PromptTurn[] = [];
  for (const turn of conversation.turns) addTurn(turns, turn, reading);
  if (rules.beginsWithUser && turns[0]?.role !== "user") {
    const at = conversation.turns[0]?.at ?? ROOT;
    context.warn(at, `${rules.name} wants the user to begin: a message is made`);
    turns.unshift({ role: "user", text: "Begin." });
  }
  return { system: system.join("\n"), turns };
}

/** What a template was read as. All of it stands at the same place. */
export function toMessages({ system, turns }: Prompt, at: JsonPath): Message[] {
  const messages: Message[] = [];
  if (system !== "") {
    const part = { kind: "text", text: system, at } as const;
    messages.push({ kind: "system", role: "system", at, parts: [part] });
  }
  for (const { role, text } of turns) {
    messages.push({ kind: role, at, parts: [{ kind: "text", text, at }] });
  }
  return messages;
}

interface PromptReading {
  readonly rules: PromptRules;
  readonly context: WriteContext;
}

function addTurn(turns: PromptTurn[], turn: Turn, reading: PromptReading): void {
  if (turn.kind === "system") return;
  const texts: string[] = [];
  for (const part of turn.parts) {
    const text = textOf(part, reading);
    if (text !== null) texts.push(checkedText(text, part.at, reading));
  }
  if (texts.length === 0) return;
  const last = turns.at(-1);
  const text = texts.join("\n");
  if (last?.role === turn.kind)
    turns[turns.length - 1] = { ...last, text: `${last.text}\n${text}` };
  else turns.push({ role: turn.kind, text });
}

/** Null: said nothing, and warned of. */
function textOf(part: TurnPart | AssistantPart, { rules, context }: PromptReading): string | null {
  switch (part.kind) {
    case "text":
    case "refusal":
      return part.text;
    case "document":
      return documentText(part, { rules, context });
    case "reasoning":
    case "redacted_reasoning":
      context.warn(part.at, `${rules.name} takes no thinking back`);
      return null;
    case "image":
    case "audio":
    case "video":
    case "tool_call":
    case "tool_result":
    case "native": {
      const kind = part.kind === "native" ? part.type : part.kind.replace("_", " ");
      throw context.untranslatable(
        part.at,
        `${rules.name} takes only text here: a ${kind} may go in a Converse body`,
      );
    }
  }
}

function documentText(part: DocumentPart, { rules, context }: PromptReading): string {
  const { source, title, filename } = part;
  if (source.kind !== "text") {
    throw context.untranslatable(
      part.at,
      `${rules.name} takes only text here: a document may go in a Converse body`,
    );
  }
  if (part.citations === true) {
    context.warn({ parent: part.at, key: "citations" }, `${rules.name} doesn't cite documents`);
  }
  const pieces = [title ?? filename, part.context, source.text];
  return pieces.filter((piece) => piece !== undefined && piece !== "").join("\n\n");
}

/** Changing such a text would change what is asked, and leaving it as it is would let it speak for others. */
function checkedText(text: string, at: JsonPath, { rules, context }: PromptReading): string {
  const mark = rules.marks.exec(context.reveal(text))?.[0];
  if (mark === undefined) return text;
  throw context.untranslatable(
    at,
    `the text holds ${JSON.stringify(mark)}, which marks a role in ${rules.name}: it may go in a Converse body`,
  );
}
