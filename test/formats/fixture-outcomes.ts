import type { JsonObject } from "../../src/core/json.ts";
import { accentOf } from "../support/chat-accents.ts";
import type { ChatCase, ChatDirection } from "../support/chat-fixtures.ts";
import { meaningOf, withoutOrigin } from "../support/chat-meaning.ts";
import { type Passed, passCodec, passLine } from "./fixture-lines.ts";

/** What becomes of a body in one direction: what it then means, what was warned of, what its API's schema says against it. */
export type Outcome =
  | {
      readonly body: JsonObject;
      readonly warnings: readonly string[];
      readonly problem: string | null;
    }
  | { readonly refused: string };

export function wantedOutcome(fixture: ChatCase, direction: ChatDirection): Outcome {
  const { outcome, warnings } = direction;
  if (outcome.kind === "refused") return { refused: outcome.says };
  const body = comparable(direction, withModel(fixture, direction, outcome.body));
  return { body, warnings: warnings.toSorted(), problem: null };
}

export function actualOutcome(fixture: ChatCase, direction: ChatDirection): Outcome {
  const { kind, from, to, outcome } = direction;
  const passage = { fixture, kind, from, to };
  const body = fixture.bodies[kind][from] ?? {};
  const passed: Passed = from === to ? passCodec(passage, body) : passLine(passage, body);
  if (passed.kind === "refused") {
    const isWanted = outcome.kind === "refused" && passed.message.includes(outcome.says);
    return { refused: isWanted ? outcome.says : passed.message };
  }
  return {
    body: comparable(direction, passed.body),
    warnings: [...new Set(passed.warnings)].toSorted(),
    problem: isBeyondSpecs(fixture, direction) ? null : accentOf(to).problem(kind, passed.body),
  };
}

/** What a body keeps of itself may break the schema that it broke before. */
function isBeyondSpecs({ beyondSpecs }: ChatCase, { kind, from, to }: ChatDirection): boolean {
  return from === to && beyondSpecs[from]?.includes(kind) === true;
}

function comparable({ kind, from, to }: ChatDirection, body: JsonObject): JsonObject {
  const meaning = meaningOf(to, kind, body);
  return kind === "response" && from !== to ? withoutOrigin(to, meaning) : meaning;
}

/** The target's model is the target's own; a result keeps the model that gave it. */
function withModel(
  { bodies, models }: ChatCase,
  { kind, from, to }: ChatDirection,
  body: JsonObject,
): JsonObject {
  const key = to === "gemini" ? "modelVersion" : "model";
  if (from === to || body[key] === undefined) return body;
  const usual = (accent: string) => models[accent] ?? accentOf(accent).model;
  if (kind === "request") return { ...body, [key]: usual(to) };
  const { model, modelVersion } = bodies.response[from] ?? {};
  // Where no answer names its model, the reader's side does if it has one (Bedrock), else the provider's.
  const reader = accentOf(to).format === "bedrock" ? to : from;
  return { ...body, [key]: model ?? modelVersion ?? usual(reader) };
}
