import type { BodyFormat } from "../../../src/core/format.ts";
import { formats } from "../../../src/formats/formats.ts";
import { accentOf } from "../../support/chat-accents.ts";
import type { ChatCase } from "../../support/chat-fixtures.ts";
import type { Api } from "./sdk-models.ts";

type ChatBody = Extract<BodyFormat, { kind: "chat" }>;

/** The accents of the fixtures that the SDK has a package for. */
export const API_OF_ACCENT: Readonly<Record<string, Api>> = {
  openai: "openai.chat",
  "openai-responses": "openai.responses",
  anthropic: "anthropic.messages",
  gemini: "gemini.generateContent",
  bedrock: "bedrock.converse",
  "bedrock-claude": "bedrock.claude",
};

/** A body of ours in a fixture: in which accent, and for which model. */
export interface Target {
  readonly accent: string;
  readonly body: ChatBody;
  readonly model: string;
}

export function targetOf(fixture: ChatCase, accent: string): Target {
  const { format, endpoint, variant, model: usual } = accentOf(accent);
  const model = fixture.models[accent] ?? usual;
  const body = formats[format].chooseBody({ endpoint, model, variant, sample: null });
  if (body.kind === "chat") return { accent, body, model };
  throw new Error(`${accent} has no chat`);
}
