import { expect, test } from "vitest";
import type { Json } from "../../../src/core/json.ts";
import { fieldText } from "../../../src/core/json-path.ts";
import { loadChatCases } from "../../support/chat-fixtures.ts";
import { type ReadAnswer, readOurs, readTheirs } from "./answers.ts";
import type { Finding } from "./compare.ts";
import { findDifferences } from "./differences.ts";
import { ANSWER_DIFFERENCES } from "./listed-answers.ts";
import type { ListedAnswerDifference } from "./listed-differences.ts";
import { type Api, sdkAnswer } from "./sdk-models.ts";
import { API_OF_ACCENT, targetOf } from "./targets.ts";

/** Bodies that answer as another API does. */
const ANSWERS_LIKE: Readonly<Record<string, Api>> = {
  ...API_OF_ACCENT,
  "bedrock-nova": "bedrock.converse",
  "bedrock-openai": "openai.chat",
};

/** Of models that write on after a prompt; the SDK has no package for these. */
const WITHOUT_PACKAGE = ["bedrock-llama", "bedrock-mistral", "bedrock-titan"];

const answers = loadChatCases().flatMap((fixture) =>
  Object.entries(fixture.bodies.response)
    .filter(([accent]) => !WITHOUT_PACKAGE.includes(accent))
    .map(([accent, body]) => ({
      title: `${fixture.name}, ${accent}`,
      target: targetOf(fixture, accent),
      api: ANSWERS_LIKE[accent],
      body,
    })),
);

const seen = { compared: 0, differences: new Set<ListedAnswerDifference>() };

test.each(answers)("$title: we read what the SDK reads, or say why not", async (answer) => {
  const { api, body, target } = answer;
  if (api === undefined) throw new Error("no API of the SDK answers like this accent");
  const ours = readOurs(target.body.codec.parseResponse(body));
  const theirs = await sdkAnswer(api, target.model, body).then(readTheirs, String);
  const findings = typeof theirs === "string" ? [refusal(theirs)] : findingsOf(ours, theirs);
  seen.compared += 1;
  const unlisted = findings.filter((finding) => {
    const found = ANSWER_DIFFERENCES.filter((difference) => isAbout(difference, api, finding));
    for (const difference of found) seen.differences.add(difference);
    return found.length === 0;
  });
  expect(unlisted).toEqual([]);
});

test("every difference that is listed occurs", () => {
  expect(seen.compared).toBeGreaterThan(150);
  const unseen = ANSWER_DIFFERENCES.filter((difference) => !seen.differences.has(difference));
  expect(unseen).toEqual([]);
});

function refusal(theirs: Json): Finding {
  return { field: "refusal", ours: "an answer", theirs };
}

function findingsOf(ours: ReadAnswer, theirs: ReadAnswer): Finding[] {
  return findDifferences(ours, theirs).map(({ at, ...values }) => ({
    field: fieldText(at),
    ...values,
  }));
}

function isAbout(difference: ListedAnswerDifference, api: Api, finding: Finding): boolean {
  return (
    difference.apis.includes(api) &&
    difference.fields.includes(finding.field) &&
    (difference.isMeant === undefined || difference.isMeant(finding))
  );
}
