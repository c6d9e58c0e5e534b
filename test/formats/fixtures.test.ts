import { describe, expect, test } from "vitest";
import {
  type ChatCase,
  type ChatDirection,
  type ChatKind,
  loadChatCases,
} from "../support/chat-fixtures.ts";
import { isRegistered } from "./fixture-lines.ts";
import { actualOutcome, wantedOutcome } from "./fixture-outcomes.ts";

const cases = loadChatCases();
const checked = cases.flatMap((fixture) =>
  fixture.directions
    .filter(({ from, to }) => isRegistered(from) && isRegistered(to))
    .map((direction) => [titleOf(fixture, direction), { fixture, direction }] as const),
);

test("there are at least 40 cases, and each is checked in some direction", () => {
  const count = (kind: ChatKind) =>
    checked.filter(([, { direction }]) => direction.kind === kind).length;
  process.stdout.write(
    `fixtures: ${cases.length} cases, ${checked.length} directions (${count("request")} of requests, ${count("response")} of responses)\n`,
  );
  expect(cases.length).toBeGreaterThanOrEqual(40);
  for (const { name, directions } of cases) {
    expect(directions.length, `directions of ${name}`).toBeGreaterThan(0);
  }
});

describe("each body, as one API's client writes it, becomes what another's would have written", () => {
  test.each(checked)("%s", (_, { fixture, direction }) => {
    expect(actualOutcome(fixture, direction)).toEqual(wantedOutcome(fixture, direction));
  });
});

function titleOf({ name }: ChatCase, { kind, from, to }: ChatDirection): string {
  return `${name}: ${kind} ${from} → ${to}`;
}
