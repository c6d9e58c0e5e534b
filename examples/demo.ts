import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import Anthropic from "@anthropic-ai/sdk";
import OpenAI, { toFile } from "openai";
import { z } from "zod";
import { createApp } from "../src/app.ts";
import { emulate, type Emulators } from "../src/cli/emulate.ts";
import { createConfig } from "../src/config/schema.ts";
import { createScreen, table } from "./demo-screen.ts";

const KEY = "sk-emulator-demo";
const LINES_PER_SECOND = 400;
const BUCKET = "crossbatch";

/** Each provider's own model; nothing else differs. */
const MODELS = {
  openai: "gpt-4o-mini",
  anthropic: "claude-haiku-4-5-20251001",
  gemini: "gemini-2.5-flash",
  bedrock: "anthropic.claude-haiku-4-5-20251001-v1:0",
} as const;

const question = z.object({ question: z.string(), answer: z.string() });
const resultLine = z.object({
  custom_id: z.string(),
  response: z.object({
    status_code: z.literal(200),
    body: z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })) }),
  }),
});

/** The main job, without keys: real questions through the gateway to four emulated providers at once, with the official SDKs. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-demo-"));
  const emulators = await emulate({ apiKey: KEY, speed: LINES_PER_SECOND, print: () => undefined });
  const app = await createApp(configOf(emulators, folder));
  const address = await app.start();
  console.log(
    `Crossbatch on ${address}, with four emulated providers behind it. No keys, no network.\n`,
  );

  const openai = new OpenAI({ baseURL: `${address}/openai`, apiKey: "any-key-will-do" });
  const anthropic = new Anthropic({ baseURL: `${address}/anthropic`, apiKey: "any-key-will-do" });
  const batches = await runBatches(openai);
  await readThroughBoth(anthropic, batches);
  console.log(`\n${((performance.now() - startedAt) / 1_000).toFixed(1)} s in all.`);

  if (values.keep) {
    console.log(
      `\nThe gateway stays up. Try it:\n\n  from openai import OpenAI\n  client = OpenAI(base_url="${address}/openai", api_key="any-key-will-do")\n  print(client.batches.list().data[0])\n\nStop it with Ctrl-C.`,
    );
    await new Promise((resolve) => {
      process.once("SIGINT", resolve);
      process.once("SIGTERM", resolve);
    });
  }
  await app.stop();
  await emulators.close();
  await rm(folder, { recursive: true, force: true });
}

function configOf({ byProvider }: Emulators, dataDir: string) {
  // The SDK of AWS looks for credentials there; the emulator takes any.
  process.env["AWS_ACCESS_KEY_ID"] = "emulated";
  process.env["AWS_SECRET_ACCESS_KEY"] = "emulated";
  const urlOf = (name: string) => byProvider.get(name)?.url ?? "";
  return createConfig({
    port: 0,
    dataDir,
    pollSeconds: 0.2,
    log: { level: "error" },
    s3: { endpoint: urlOf("s3") },
    providers: {
      openai: { baseUrl: urlOf("openai"), apiKey: KEY },
      anthropic: { baseUrl: urlOf("anthropic"), apiKey: KEY },
      gemini: { baseUrl: urlOf("gemini"), apiKey: KEY },
      bedrock: {
        region: "us-east-1",
        endpoint: urlOf("bedrock"),
        runtimeEndpoint: urlOf("bedrock"),
        roleArn: "arn:aws:iam::123456789012:role/crossbatch",
        s3Uri: `s3://${BUCKET}/jobs`,
      },
    },
  });
}

interface DemoBatch {
  readonly provider: string;
  readonly model: string;
  readonly lines: number;
  batch: OpenAI.Batches.Batch;
}

/** The same questions to every provider, followed side by side. */
async function runBatches(client: OpenAI): Promise<readonly DemoBatch[]> {
  const questions = await readQuestions();
  console.log(`${questions.length.toLocaleString("en")} questions to each, in OpenAI's lines:\n`);
  const all = await Promise.all(
    Object.entries(MODELS).map(([provider, model]) =>
      startBatch(client, { provider, model, questions }),
    ),
  );
  const screen = createScreen();
  for (;;) {
    for (const each of all) each.batch = await client.batches.retrieve(each.batch.id);
    screen.show(
      all.map(({ provider, batch, lines }) => ({
        name: provider,
        status: batch.status,
        done: batch.request_counts?.completed ?? 0,
        total: lines,
      })),
    );
    if (all.every(({ batch }) => isOver(batch))) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const rows = await Promise.all(all.map((each) => describe(client, each)));
  const head = ["provider", "batch", "answers", "failed", "tokens in", "tokens out", "an answer"];
  console.log(`\n${table([head, ...rows])}`);
  return all;
}

type Question = z.infer<typeof question>;

async function startBatch(
  client: OpenAI,
  {
    provider,
    model,
    questions,
  }: { provider: string; model: string; questions: readonly Question[] },
): Promise<DemoBatch> {
  const lines = questions.map(({ question: content }, number) =>
    JSON.stringify({
      custom_id: `gsm8k-${number + 1}`,
      method: "POST",
      url: "/v1/chat/completions",
      body: { model, messages: [{ role: "user", content }], max_tokens: 400 },
    }),
  );
  // The SDK's types know no providers. It is named here once more than needed: the file would remember.
  const named = { provider };
  const file = await client.files.create({
    file: await toFile(Buffer.from(lines.join("\n")), `gsm8k-${provider}.jsonl`),
    purpose: "batch",
    ...named,
  });
  const batch = await client.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
    ...named,
  });
  return { provider, model, lines: lines.length, batch };
}

function isOver({ status }: OpenAI.Batches.Batch): boolean {
  return ["completed", "failed", "expired", "cancelled"].includes(status);
}

/** Each answer once, in OpenAI's own format, whoever gave it. */
async function describe(
  client: OpenAI,
  { provider, batch, lines }: DemoBatch,
): Promise<readonly string[]> {
  if (batch.output_file_id === undefined || batch.output_file_id === null) {
    throw new Error(
      `${provider}: the batch ended as ${batch.status} ${JSON.stringify(batch.errors)}`,
    );
  }
  const text = await (await client.files.content(batch.output_file_id)).text();
  const answers = new Map(
    text
      .trimEnd()
      .split("\n")
      .map((line) => resultLine.parse(JSON.parse(line)))
      .map((line) => [line.custom_id, line.response.body.choices[0]?.message.content ?? ""]),
  );
  if (answers.size !== lines)
    throw new Error(`${provider}: ${answers.size} answers to ${lines} questions`);
  const number = (value: number | undefined) => (value ?? 0).toLocaleString("en");
  return [
    provider,
    `${batch.id.slice(0, 18)}…`,
    number(answers.size),
    number(batch.request_counts?.failed),
    number(batch.usage?.input_tokens),
    number(batch.usage?.output_tokens),
    `${(answers.get("gsm8k-1") ?? "").slice(0, 36).replaceAll("\n", " ")}…`,
  ];
}

/** A batch that was made with one SDK, read with the other. */
async function readThroughBoth(client: Anthropic, batches: readonly DemoBatch[]): Promise<void> {
  const made = batches.find(({ provider }) => provider === "gemini");
  if (made === undefined) return;
  const batch = await client.messages.batches.retrieve(made.batch.id);
  let succeeded = 0;
  let first = "";
  for await (const { custom_id: id, result } of await client.messages.batches.results(batch.id)) {
    if (result.type !== "succeeded") continue;
    succeeded += 1;
    const [block] = result.message.content;
    if (id === "gsm8k-1" && block?.type === "text") first = block.text;
  }
  if (succeeded !== made.lines)
    throw new Error(`${succeeded} of ${made.lines} through Anthropic's SDK`);
  console.log(
    `\nThe batch on Gemini, made with OpenAI's SDK and read with Anthropic's: ${batch.id} has ${batch.processing_status},\n${succeeded.toLocaleString("en")} messages. One of them: "${first.slice(0, 60).replaceAll("\n", " ")}…"`,
  );
}

async function readQuestions(): Promise<readonly Question[]> {
  const text = await readFile(join(import.meta.dirname, "gsm8k", "test.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => question.parse(JSON.parse(line)));
}

await main();
