import type { JsonObject } from "../../src/core/json.ts";
import { accentOf } from "../support/chat-accents.ts";
import type { ChatCase, ChatDirection } from "../support/chat-fixtures.ts";
import { meaningOf, withoutOrigin } from "../support/chat-meaning.ts";
import { type Passage, type Passed, passCodec, passLine } from "./fixture-lines.ts";

/** What becomes of a body in one direction: what it then means, what was warned of, what its API's schema says against it. */
export type Outcome =
  | {
      readonly body: JsonObject;
      readonly warnings: readonly string[];
      readonly problem: string | null;
      /** What becomes of it where nothing may be left out; results are never refused. */
      readonly inStrict: "the same" | "another" | "refused";
    }
  | { readonly refused: string };

export function wantedOutcome(fixture: ChatCase, direction: ChatDirection): Outcome {
  const { outcome, warnings } = direction;
  if (outcome.kind === "refused") return { refused: outcome.says };
  const body = comparable(direction, withModel(fixture, direction, outcome.body));
  const isRefusable = direction.kind === "request" && direction.from !== direction.to;
  return {
    body,
    warnings: warnings.toSorted(),
    problem: null,
    inStrict: isRefusable && warnings.length > 0 ? "refused" : "the same",
  };
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
    inStrict: from === to ? "the same" : strictOutcome(passage, body, passed.body),
  };
}

function strictOutcome(passage: Passage, body: JsonObject, written: JsonObject) {
  const passed = passLine(passage, body, "strict");
  if (passed.kind === "refused") return "refused";
  return JSON.stringify(passed.body) === JSON.stringify(written) ? "the same" : "another";
}

/** Where the target's own file breaks its schema on purpose, a body that says the same may break it too. */
function isBeyondSpecs({ beyondSpecs }: ChatCase, { kind, to, outcome }: ChatDirection): boolean {
  if (outcome.kind !== "translated" || beyondSpecs[to]?.includes(kind) !== true) return false;
  return accentOf(to).problem(kind, outcome.body) !== null;
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
