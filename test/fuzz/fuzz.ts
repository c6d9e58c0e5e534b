import { parseArgs } from "node:util";
import { BracketNotationError, parseBracketNotation } from "../../src/lib/bracket-notation.ts";
import { parseRange } from "../../src/lib/http-range.ts";
import { LineSplitter, LineTooLongError } from "../../src/lib/line-splitter.ts";
import { createLineGuard } from "../../src/lines/line-guard.ts";
import { startWorld } from "../support/world.ts";
import { twoTenants } from "../support/tenants.ts";
import { BODY_CASES } from "../hostile/bodies.ts";
import { FORM_CASES } from "../hostile/forms.ts";
import { REQUEST_CASES } from "../hostile/requests.ts";
import { answersTo } from "../hostile/sending.ts";
import { SMUGGLING_CASES } from "../hostile/smuggling.ts";
import { createChance, mutate } from "./mutate.ts";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "1" }, seed: { type: "string" } },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 32 : Number(values.seed);
const until = performance.now() + Number(values.minutes) * 60_000;
const chance = createChance(seed);
const problems: string[] = [];
let parsed = 0;
let sent = 0;
let silent = 0;

console.log(`seed ${seed}, for ${values.minutes} minutes`);

/** Those that are large only cost time here. */
const CORPUS = [...FORM_CASES, ...BODY_CASES, ...REQUEST_CASES, ...SMUGGLING_CASES]
  .map(({ bytes }) => bytes)
  .filter((bytes) => bytes.length < 20_000);

/** A mutated length makes a request that never ends: others have their answer long before. */
const PATIENCE_MILLISECONDS = 500;

const LINE = Buffer.from(
  '{"custom_id":"a","method":"POST","url":"/v1/chat/completions","body":{"model":"m","input":[{"type":"reasoning","id":"rs_1","encrypted_content":"x"},{"id":"msg_1"}],"tools":[{"model":"x"}],"messages":[{"role":"user","content":[{"type":"file","file":{"file_id":"file-a"}},{"text":"\\u00e4\\"\\\\"}]}]}}',
);

const world = await startWorld({
  config: {
    ...twoTenants(),
    log: { level: "silent" },
    limits: { stallSeconds: 1, headerSeconds: 1 },
  },
});
try {
  while (performance.now() < until && problems.length < 20) {
    for (let round = 0; round < 200; round += 1) fuzzParsers();
    await Promise.all(Array.from({ length: 32 }, fuzzRoute));
  }
  const health = await fetch(`${world.url}/healthz`);
  if (health.status !== 200) problems.push(`/healthz says ${health.status}`);
} finally {
  await world.close();
}
console.log(`${parsed} texts parsed, ${sent} requests sent, ${silent} of them no whole request`);
for (const problem of problems) console.log(problem);
console.log(problems.length === 0 ? "0 crashes, 0 answers of 500 and above" : "FAILED");
process.exitCode = problems.length === 0 && parsed > 0 && sent > 0 ? 0 : 1;

function fuzzParsers(): void {
  const line = mutate(LINE, chance);
  const text = line.toString("utf8");
  const parsers: Readonly<Record<string, () => unknown>> = {
    brackets: () => parseBracketNotation([...new URLSearchParams(text.replaceAll(":", "="))]),
    range: () => parseRange(`bytes=${text.slice(0, 20)}`),
    lines: () => {
      const splitter = new LineSplitter(() => undefined, 100);
      splitter.push(line);
      splitter.end();
    },
    guard: () => {
      const guard = createLineGuard({ options: { guard: { models: [], s3: [] } } });
      guard?.add(line, 1);
    },
  };
  for (const [name, parse] of Object.entries(parsers)) {
    try {
      parse();
    } catch (error) {
      if (error instanceof BracketNotationError || error instanceof LineTooLongError) continue;
      problems.push(`${name} threw ${String(error)} at ${line.toString("base64")}`);
    }
    parsed += 1;
  }
}

async function fuzzRoute(): Promise<void> {
  const original = CORPUS[chance(CORPUS.length)] ?? LINE;
  const bytes = mutate(original, chance);
  sent += 1;
  try {
    for (const { status } of await answersTo(world.url, bytes, PATIENCE_MILLISECONDS)) {
      if (status < 500) continue;
      problems.push(`${status} for ${bytes.toString("base64")}`);
    }
  } catch {
    silent += 1;
  }
}
