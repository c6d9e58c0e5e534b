import { expect, test } from "vitest";
import type { JsonObject } from "../../src/core/json.ts";
import { accentOf } from "../support/chat-accents.ts";
import { type ChatKind, loadChatCases } from "../support/chat-fixtures.ts";

const KINDS: readonly ChatKind[] = ["request", "response"];

interface FixtureBody {
  readonly kind: ChatKind;
  readonly accent: string;
  readonly body: JsonObject;
  readonly isBeyond: boolean;
}

const bodies = loadChatCases().flatMap(({ name, bodies, beyondSpecs }) =>
  KINDS.flatMap((kind) =>
    Object.entries(bodies[kind]).map(([accent, body]): [string, FixtureBody] => {
      const isBeyond = beyondSpecs[accent]?.includes(kind) ?? false;
      return [`${name}: ${kind} of ${accent}`, { kind, accent, body, isBeyond }];
    }),
  ),
);

test.each(bodies.filter(([, { isBeyond }]) => !isBeyond))(
  "%s fits its API's own schema",
  (_, { kind, accent, body }) => {
    expect(accentOf(accent).problem(kind, body)).toBeNull();
  },
);

test.each(bodies.filter(([, { isBeyond }]) => isBeyond))(
  "%s breaks its API's schema, as it says",
  (_, { kind, accent, body }) => {
    expect(accentOf(accent).problem(kind, body)).not.toBeNull();
  },
);
