import { setTimeout as sleep } from "node:timers/promises";
import Anthropic, {
  APIConnectionError as AnthropicConnectionError,
  APIError as AnthropicError,
} from "@anthropic-ai/sdk";
import OpenAI, { APIConnectionError, APIError } from "openai";
import { chatLine, uploadLines } from "../support/batches.ts";
import { MODELS, type ProviderName, PROVIDERS } from "../support/world.ts";
import { between, pick, type Random } from "./random.ts";

interface MadeFile {
  readonly id: string;
  readonly text: string;
}

export interface MadeBatch {
  readonly id: string;
  readonly dialect: "openai" | "anthropic";
  readonly provider: ProviderName;
  readonly ids: readonly string[];
  isCancelled: boolean;
}

/** What a gateway has acknowledged, and what it said that it shouldn't have. */
export interface Ledger {
  readonly files: MadeFile[];
  readonly batches: MadeBatch[];
  readonly faults: string[];
  downloads: number;
  repeated: number;
}

interface Work {
  readonly url: () => string;
  readonly random: Random;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
}

/** Uploads, creates, polls, cancels and downloads, again and again. Each call is repeated until it is acknowledged. */
export async function keepBusy(work: Work, name: string): Promise<void> {
  const { random, ledger, signal } = work;
  for (let round = 1; !signal.aborted; round += 1) {
    const token = `${name}-${round}`;
    const provider = pick(random, PROVIDERS);
    const dialect = pick<MadeBatch["dialect"]>(random, ["openai", "anthropic"]);
    const count = between(random, 5, 40);
    const ids = Array.from({ length: count }, (_, at) => `${token}-${at + 1}`);
    const id =
      dialect === "openai"
        ? await createWithOpenAI(work, { token, provider, ids })
        : await createWithAnthropic(work, { token, provider, ids });
    if (id === null) return;
    const batch: MadeBatch = { id, dialect, provider, ids, isCancelled: false };
    ledger.batches.push(batch);
    for (let polls = between(random, 0, 4); polls > 0; polls -= 1) {
      await sleep(between(random, 10, 200));
      await insist(work, () => retrieve(work.url(), batch));
    }
    if (random() < 0.15)
      batch.isCancelled = (await insist(work, () => cancel(work.url(), batch))) !== null;
  }
}

interface Wanted {
  readonly token: string;
  readonly provider: ProviderName;
  readonly ids: readonly string[];
}

async function createWithOpenAI(work: Work, wanted: Wanted): Promise<string | null> {
  const { token, provider, ids } = wanted;
  const { ledger, random } = work;
  // Large inputs are translated and sent while they are read.
  const padding = random() < 0.15 ? "All of this is to be read. ".repeat(100_000 / ids.length) : "";
  const text = ids
    .map((id) =>
      chatLine(id, {
        model: MODELS[provider],
        max_tokens: 20,
        messages: [{ role: "user", content: `${padding}Say ${id}.` }],
      }),
    )
    .join("\n");
  const file = await insist(work, () => uploadLines(openai(work.url()), text));
  if (file === null) return null;
  ledger.files.push({ id: file.id, text });
  if (random() < 0.2) {
    const read = await insist(work, async () =>
      (await openai(work.url()).files.content(file.id)).text(),
    );
    if (read !== null) ledger.downloads += 1;
    if (read !== null && read !== text) ledger.faults.push(`${file.id} reads differently`);
  }
  const body = {
    input_file_id: file.id,
    endpoint: "/v1/chat/completions",
    completion_window: "24h",
  } as const;
  const headers = { "idempotency-key": token, "x-model-provider": provider };
  const batch = await insist(work, () => openai(work.url()).batches.create(body, { headers }));
  return batch?.id ?? null;
}

async function createWithAnthropic(work: Work, wanted: Wanted): Promise<string | null> {
  const { token, provider, ids } = wanted;
  const requests = ids.map((custom_id) => ({
    custom_id,
    params: {
      model: MODELS[provider],
      max_tokens: 20,
      messages: [{ role: "user" as const, content: `Say ${custom_id}.` }],
    },
  }));
  const headers = { "idempotency-key": token, "x-model-provider": provider };
  const batch = await insist(work, () =>
    anthropic(work.url()).messages.batches.create({ requests }, { headers }),
  );
  return batch?.id ?? null;
}

export function openai(url: string): OpenAI {
  return new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", maxRetries: 0 });
}

export function anthropic(url: string): Anthropic {
  return new Anthropic({ baseURL: `${url}/anthropic`, apiKey: "any", maxRetries: 0 });
}

function retrieve(url: string, { dialect, id }: MadeBatch): Promise<unknown> {
  return dialect === "openai"
    ? openai(url).batches.retrieve(id)
    : anthropic(url).messages.batches.retrieve(id);
}

/** One that has ended can't be cancelled. */
async function cancel(url: string, { dialect, id }: MadeBatch): Promise<unknown> {
  try {
    return dialect === "openai"
      ? await openai(url).batches.cancel(id)
      : await anthropic(url).messages.batches.cancel(id);
  } catch (error) {
    const status = statusOf(error);
    if (status === 400 || status === 409) return null;
    throw error;
  }
}

/** Again until it is acknowledged, as a client would whose connection broke; null if the time is over. */
export async function insist<Result>(
  { ledger, signal }: Pick<Work, "ledger" | "signal">,
  call: () => Promise<Result>,
): Promise<Result | null> {
  // After the end one that is under way still gets its answer.
  const end = () => signal.aborted && performance.now() > Number(signal.reason ?? 0);
  for (;;) {
    try {
      return await call();
    } catch (error) {
      const status = statusOf(error);
      if (status !== null && status < 500 && status !== 429) {
        ledger.faults.push(`refused: ${String(error)}`);
        return null;
      }
      if (end()) return null;
      ledger.repeated += 1;
      await sleep(40);
    }
  }
}

/** Null: no answer came. */
function statusOf(error: unknown): number | null {
  if (error instanceof APIConnectionError || error instanceof AnthropicConnectionError) return null;
  if (error instanceof APIError || error instanceof AnthropicError) return error.status ?? null;
  // The body of an answer that broke off.
  if (error instanceof TypeError || (error instanceof Error && "code" in error)) return null;
  throw error;
}
