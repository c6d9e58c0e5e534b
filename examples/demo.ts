import { readFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import OpenAI, { toFile } from "openai";
import { z } from "zod";
import { createApp } from "../src/app.ts";
import { createConfig } from "../src/config/schema.ts";
import { startOpenAIEmulator } from "../src/emulators/openai/server.ts";

const KEY = "sk-emulator-demo";
const MODEL = "gpt-4o-mini";
const LINES_PER_SECOND = 400;

const question = z.object({ question: z.string(), answer: z.string() });
const resultLine = z.object({
  custom_id: z.string(),
  response: z.object({
    status_code: z.number(),
    body: z.object({ choices: z.array(z.object({ message: z.object({ content: z.string() }) })) }),
  }),
});

/** The main job, without keys: 1,319 real questions through the gateway to an emulated OpenAI, with the official SDK. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { keep: { type: "boolean", default: false } } });
  const startedAt = performance.now();
  const folder = await mkdtemp(join(tmpdir(), "crossbatch-demo-"));
  const emulator = await startOpenAIEmulator({ apiKeys: [KEY], speed: LINES_PER_SECOND });
  const app = await createApp(
    createConfig({
      port: 0,
      dataDir: folder,
      pollSeconds: 0.2,
      log: { level: "error" },
      providers: { openai: { baseUrl: emulator.url, apiKey: KEY } },
    }),
  );
  const address = await app.start();
  const baseURL = `${address}/openai`;
  console.log(
    `Crossbatch on ${baseURL}, with an emulated OpenAI behind it. No keys, no network.\n`,
  );

  await runBatch(new OpenAI({ baseURL, apiKey: "any-key-will-do" }));
  console.log(`\n${((performance.now() - startedAt) / 1_000).toFixed(1)} s in all.`);

  if (values.keep) {
    console.log(
      `\nThe gateway stays up. Try it:\n\n  from openai import OpenAI\n  client = OpenAI(base_url="${baseURL}", api_key="any-key-will-do")\n  print(client.batches.list().data[0])\n\nStop it with Ctrl-C.`,
    );
    await new Promise((resolve) => {
      process.once("SIGINT", resolve);
      process.once("SIGTERM", resolve);
    });
  }
  await app.stop();
  await emulator.close();
  await rm(folder, { recursive: true, force: true });
}

async function runBatch(client: OpenAI): Promise<void> {
  const questions = await readQuestions();
  const input = questions
    .map(({ question: content }, number) =>
      JSON.stringify({
        custom_id: `gsm8k-${number + 1}`,
        method: "POST",
        url: "/v1/chat/completions",
        body: { model: MODEL, messages: [{ role: "user", content }], max_completion_tokens: 400 },
      }),
    )
    .join("\n");

  const file = await client.files.create({
    file: await toFile(Buffer.from(input), "gsm8k.jsonl"),
    purpose: "batch",
  });
  console.log(
    `uploaded   ${file.id}  ${questions.length.toLocaleString("en")} lines, ${file.bytes.toLocaleString("en")} bytes`,
  );

  let batch = await client.batches.create({
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  });
  console.log(`created    ${batch.id}`);

  while (!["completed", "failed", "expired", "cancelled"].includes(batch.status)) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    batch = await client.batches.retrieve(batch.id);
    showProgress(batch.status, batch.request_counts?.completed ?? 0, questions.length);
  }
  process.stdout.write("\n");
  if (batch.output_file_id === undefined || batch.output_file_id === null)
    throw new Error(`the batch ended as ${batch.status}`);

  const output = Buffer.from(
    await (await client.files.content(batch.output_file_id)).arrayBuffer(),
  );
  const answers = new Map(
    output
      .toString("utf8")
      .trimEnd()
      .split("\n")
      .map((line) => resultLine.parse(JSON.parse(line)))
      .map((line) => [line.custom_id, line.response.body.choices[0]?.message.content ?? ""]),
  );
  if (answers.size !== questions.length)
    throw new Error(`${answers.size} answers to ${questions.length} questions`);
  console.log(
    `downloaded ${batch.output_file_id}  ${answers.size.toLocaleString("en")} answers, ${output.length.toLocaleString("en")} bytes`,
  );
  const { completed = 0, failed = 0 } = batch.request_counts ?? {};
  console.log(
    `counts     ${completed.toLocaleString("en")} completed, ${failed.toLocaleString("en")} failed`,
  );
  console.log(
    `usage      ${(batch.usage?.input_tokens ?? 0).toLocaleString("en")} tokens in, ${(batch.usage?.output_tokens ?? 0).toLocaleString("en")} out`,
  );
  for (const number of [0, 659, 1_318]) {
    console.log(
      `\n  ${questions[number]?.question.slice(0, 90)}…\n  → ${answers.get(`gsm8k-${number + 1}`)?.slice(0, 90)}`,
    );
  }
}

async function readQuestions() {
  const text = await readFile(join(import.meta.dirname, "gsm8k", "test.jsonl"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => question.parse(JSON.parse(line)));
}

const BAR_CELLS = 30;

function showProgress(status: string, done: number, total: number): void {
  const cells = Math.round((BAR_CELLS * done) / total);
  const bar = "█".repeat(cells) + "░".repeat(BAR_CELLS - cells);
  const text = `${status.padEnd(12)}${bar} ${done}/${total}`;
  process.stdout.write(process.stdout.isTTY ? `\r${text}` : `${text}\n`);
}

await main();
