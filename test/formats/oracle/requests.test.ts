import { expect, test } from "vitest";
import type { ChatRequest } from "../../../src/core/chat-request.ts";
import { type ChatCase, loadChatCases } from "../../support/chat-fixtures.ts";
import { compareRequest, type Finding } from "./compare.ts";
import { INEXPRESSIBLE, type ListedDifference, listedDifferences } from "./listed-differences.ts";
import { API_OF_ACCENT, targetOf } from "./targets.ts";
import type { Api } from "./sdk-models.ts";

const cases = loadChatCases().filter((fixture) => sourcesOf(fixture).length > 0);
const listed = listedDifferences();

const seen = { compared: 0, differences: new Set<ListedDifference>(), reasons: new Set<string>() };

test.each(cases)("$name: we write what the SDK writes, or say why not", async (fixture) => {
  const unlisted: unknown[] = [];
  for (const source of sourcesOf(fixture)) {
    const body = fixture.bodies.request[source] ?? {};
    const request = targetOf(fixture, source).body.codec.parseRequest(body);
    for (const [accent, api] of Object.entries(API_OF_ACCENT)) {
      const target = targetOf(fixture, accent);
      const compared = await compareRequest({ api, target, isBatch: fixture.isBatch, request });
      if (compared.kind === "inexpressible") {
        seen.reasons.add(compared.reason);
        continue;
      }
      seen.compared += 1;
      for (const finding of compared.findings) {
        const found = listed.filter((difference) => isAbout(difference, { api, finding, request }));
        if (found.length === 0) unlisted.push({ from: source, to: api, ...finding });
        for (const difference of found) seen.differences.add(difference);
      }
    }
  }
  expect(unlisted).toEqual([]);
});

test("every difference that is listed occurs, and every reason not to compare", () => {
  expect(seen.compared).toBeGreaterThan(1500);
  expect(listed.filter((difference) => !seen.differences.has(difference))).toEqual([]);
  const unknown = [...seen.reasons].filter((reason) => !INEXPRESSIBLE.some(isOf(reason)));
  expect(unknown).toEqual([]);
  expect(
    INEXPRESSIBLE.filter((kind) => ![...seen.reasons].some((reason) => isOf(reason)(kind))),
  ).toEqual([]);
});

interface Occurrence {
  readonly api: Api;
  readonly finding: Finding;
  readonly request: ChatRequest;
}

function isAbout(difference: ListedDifference, { api, finding, request }: Occurrence): boolean {
  const { apis, fields, isMeant } = difference;
  return (
    apis.includes(api) &&
    fields.includes(finding.field) &&
    (isMeant === undefined || isMeant(finding, request))
  );
}

function isOf(reason: string): (kind: string) => boolean {
  return (kind) => reason.startsWith(kind);
}

/** Nova's own body is Converse's with a version. */
function sourcesOf({ bodies }: ChatCase): string[] {
  return Object.keys(bodies.request).filter((accent) => Object.hasOwn(API_OF_ACCENT, accent));
}
