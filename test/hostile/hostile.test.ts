import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { chatLines, uploadLines } from "../support/batches.ts";
import { ANN_KEY, BEN_KEY } from "../support/secrets.ts";
import { twoTenants } from "../support/tenants.ts";
import { PROVIDERS, startWorld, type World } from "../support/world.ts";
import { stateOf } from "../security/tenant-objects.ts";
import { BODY_CASES } from "./bodies.ts";
import { FORM_CASES } from "./forms.ts";
import { REQUEST_CASES } from "./requests.ts";
import { answersTo, type HostileAnswer, type HostileCase, OWN_FILE } from "./sending.ts";
import { SMUGGLING_CASES } from "./smuggling.ts";

const CASES: readonly HostileCase[] = [
  ...FORM_CASES,
  ...BODY_CASES,
  ...REQUEST_CASES,
  ...SMUGGLING_CASES,
];

let world: World;
let ownFile = "";
let bens: readonly string[] = [];

beforeAll(async () => {
  world = await startWorld({
    config: { ...twoTenants(), limits: { stallSeconds: 2, headerSeconds: 1 } },
  });
  ownFile = (await uploadLines(world.openai({ apiKey: ANN_KEY }), chatLines(2))).id;
  if (ownFile.length !== OWN_FILE.length) throw new Error(`'${ownFile}' isn't as long as thought`);
  const ben = world.openai({ apiKey: BEN_KEY });
  for (const provider of PROVIDERS) await uploadLines(ben, chatLines(2), { provider });
  bens = await stateOf(world, "ben");
});

afterAll(() => world?.close());

describe("a hostile request gets an answer, and no more than that", () => {
  test.each(CASES)("$what, to $dialect's", async ({ what, dialect, bytes }) => {
    const sent = Buffer.from(bytes.toString("latin1").replace(OWN_FILE, ownFile), "latin1");
    const answers = await answersTo(world.url, sent);
    for (const answer of answers) {
      expect([what, answer.status, answer.status < 500]).toEqual([what, answer.status, true]);
      if (answer.status >= 400) expectShape(answer, dialect);
      if (answer.status >= 200) expectSafeHead(answer);
    }
    // A second answer would be one to a request that was hidden in the first.
    expect(answers.filter(({ status }) => status >= 200)).toHaveLength(1);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});

test("there were many, and after all of them the gateway is well and the other tenant has what it had", async () => {
  expect(CASES.length).toBeGreaterThan(500);
  expect(new Set(CASES.map(({ what, dialect }) => `${dialect} ${what}`)).size).toBe(CASES.length);
  expect((await fetch(`${world.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${world.url}/readyz`)).status).toBe(200);
  expect(bens.length).toBeGreaterThan(4);
  expect(await stateOf(world, "ben")).toEqual(bens);
});

const neutral = z.object({
  type: z.literal("error"),
  error: z.object({ type: z.string(), message: z.string() }),
});

/** HTTP that couldn't be read is answered before it is known whom it was for: then in a shape that both dialects' SDKs read. */
const SHAPES = {
  openai: z.union([
    neutral,
    z.object({
      error: z.object({
        message: z.string(),
        type: z.string(),
        param: z.string().nullable(),
        code: z.string().nullable(),
      }),
    }),
  ]),
  anthropic: neutral,
} as const;

/** Whatever was sent, no browser does anything with the answer. */
function expectSafeHead({ head }: HostileAnswer): void {
  expect(head).toContain("x-content-type-options: nosniff");
  expect(head).toContain("content-security-policy: default-src 'none'; frame-ancestors 'none'");
  expect(head).not.toMatch(/access-control-|set-cookie|x-powered-by|\r\nserver:/i);
}

function expectShape({ text }: HostileAnswer, dialect: HostileCase["dialect"]): void {
  const body: unknown = JSON.parse(text);
  expect(SHAPES[dialect].safeParse(body).error).toBeUndefined();
  expect(text).not.toMatch(/\n\s+at |node_modules|\/src\//);
}
