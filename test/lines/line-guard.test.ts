import { describe, expect, test } from "vitest";
import type { BatchError } from "../../src/core/batch.ts";
import { createLineGuard, guardOption, type LineGuard } from "../../src/lines/line-guard.ts";
import { REFERENCE_FIELDS, type ReferenceField } from "../support/reference-fields.ts";
import { type SpecName, specMembers } from "../support/specs.ts";

const OWN_FILES: ReadonlySet<string> = new Set(["ID", "files/id1", "files/id2", "files/id3"]);
const BODIES = {
  openai: "body",
  anthropic: "params",
  gemini: "request",
  bedrock: "modelInput",
} as const;

function guardOfTenant(): LineGuard {
  const limits = {
    requestsPerMinute: null,
    linesPerDay: null,
    bytesPerDay: null,
    concurrentBatches: null,
  };
  const key = { keyId: "k", name: "ann", providers: null, models: null, limits, folder: "ann" };
  const guard = createLineGuard({ options: guardOption({ grant: key, s3: ["s3://own/ann"] }) });
  if (guard === null) throw new Error("tenants have a guard");
  return guard;
}

function problemsOf(
  line: string,
  owned: ReadonlySet<string> = new Set(),
): Promise<readonly BatchError[]> {
  const guard = guardOfTenant();
  guard.add(Buffer.from(line), 1);
  return guard.errors({
    provider: { name: "openai", modelPrefix: null },
    model: null,
    strangers: async (ids) => new Set(ids.filter((id) => !owned.has(id))),
  });
}

const lineOf = ({ format, body }: Pick<ReferenceField, "format" | "body">) =>
  JSON.stringify({ custom_id: "a", [BODIES[format]]: { model: "m", ...body } });

const CODES = {
  account: "reference_not_allowed",
  file: "file_not_found",
  s3: "s3_location_not_allowed",
} as const;

describe("what a tenant's line names", () => {
  test.each(REFERENCE_FIELDS.filter(({ meaning }) => meaning === "nothing"))(
    "is nothing of an account: $format's $path in $body",
    async (field) => {
      expect(await problemsOf(lineOf(field))).toEqual([]);
    },
  );

  test.each(REFERENCE_FIELDS.filter(({ meaning }) => meaning === "file"))(
    "is a file, which must be its own: $format's $path",
    async (field) => {
      const param = `${BODIES[field.format]}.${field.path}`;
      expect(await problemsOf(lineOf(field))).toMatchObject([{ code: CODES.file, line: 1, param }]);
      expect(await problemsOf(lineOf(field), OWN_FILES)).toEqual([]);
    },
  );

  test.each(REFERENCE_FIELDS.filter(({ meaning }) => meaning === "account" || meaning === "s3"))(
    "is refused where it may be anybody's: $format's $path in $body",
    async (field) => {
      const param = `${BODIES[field.format]}.${field.path}`;
      const code = field.meaning === "s3" ? CODES.s3 : CODES.account;
      const message = expect.stringContaining(field.id);
      const expected = [{ code, line: 1, param, message }];
      expect(await problemsOf(lineOf(field))).toEqual(expected);
      // Some hosts read keys in either case, and behind escapes.
      const escaped = lineOf(field).replaceAll(/_(?=[a-z])/g, String.raw`\u005f`);
      expect(await problemsOf(escaped)).toEqual(expected);
    },
  );

  test("is seen whichever of two members counts", async () => {
    const whole = '"type":"reasoning","id":"rs_1"';
    for (const members of [
      `${whole},"encrypted_content":"x","encrypted_content":null`,
      `${whole},"encrypted_content":null,"encrypted_content":"x"`,
      '"type":"message","id":"rs_1","type":"item_reference"',
      '"id":"msg_2","type":"message","id":"rs_1"',
    ]) {
      const problems = await problemsOf(`{"body":{"model":"m","input":[{${members}}]}}`);
      expect(problems.map(({ code }) => code)).toContain(CODES.account);
    }
  });

  test("is told apart item by item", async () => {
    const input = [
      { type: "message", id: "msg_1", role: "user", content: "a" },
      { type: "item_reference", id: "msg_2" },
      { type: "reasoning", id: "rs_3", encrypted_content: "x" },
      { type: "reasoning", id: "rs_4" },
    ];
    const problems = await problemsOf(JSON.stringify({ body: { model: "m", input } }));
    expect(problems.map(({ message }) => message.slice(0, 7))).toEqual(["'msg_2'", "'rs_4' "]);
  });

  test.each([
    ["arn:aws:bedrock:us-west-2:123456789012:prompt/ABCDEFGHIJ:1", ["model_not_allowed"]],
    ["arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.amazon.nova", []],
  ])("is a stored prompt where a model is one: %s", async (model, codes) => {
    const problems = await problemsOf(JSON.stringify({ body: { model } }));
    expect(problems.map(({ code }) => code)).toEqual(codes);
  });
});

const ROOTS: readonly (readonly [SpecName & ReferenceField["format"], readonly string[]])[] = [
  [
    "openai",
    [
      "CreateResponse",
      "CreateChatCompletionRequest",
      "CreateCompletionRequest",
      "CreateEmbeddingRequest",
      "CreateModerationRequest",
    ],
  ],
  ["anthropic", ["CreateMessageParams"]],
  ["gemini", ["GenerateContentRequest", "EmbedContentRequest"]],
  ["bedrock", ["ConverseRequest"]],
];

/** How vendors call what stands for something else. */
const LIKE_AN_ID =
  /(?:^|_)(?:ids?|uris?|urls?|arn)$|(?:Ids?|Uris?|Urls?|Arn|Identifier|Names)$|^(?:cachedContent|container|conversation|bucketOwner)$/;

/** Places for which no row is needed: the schema of a tool, and the model, which its own rule is for. */
const ELSEWHERE: ReadonlySet<string> = new Set([".modelId"]);

describe.each(ROOTS)("the vendor's document of %s", (format, schemas) => {
  test("names no id, address or place that isn't among the rows", () => {
    const names = new Set(schemas.flatMap((schema) => [...specMembers(format, schema)]));
    const suspects = [...names].filter((name) => LIKE_AN_ID.test(name.split(".").at(-1) ?? ""));
    expect(suspects.length).toBeGreaterThan(2);
    const covered = new Set(
      REFERENCE_FIELDS.filter((field) => field.format === format).map(({ path }) => tailOf(path)),
    );
    expect(suspects.filter((name) => !covered.has(name) && !ELSEWHERE.has(name))).toEqual([]);
  });
});

function tailOf(path: string): string {
  // Variables have names of people's own.
  const names = path.replaceAll("[]", "").replace("variables.a.", "variables.").split(".");
  return `${names.at(-2) ?? ""}.${names.at(-1)}`;
}
