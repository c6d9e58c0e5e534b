import { isGatewayError } from "../core/errors.ts";
import type { FileIntent, ReceivedContent } from "../core/gateway.ts";
import type { Provider } from "../core/provider.ts";
import type { TranslationMode } from "../core/write-context.ts";
import { formats } from "../formats/formats.ts";
import { LineTooLongError } from "../lib/line-splitter.ts";
import { createLineGuard, guardOption, type LineGuard } from "../lines/line-guard.ts";
import { LinesAhead } from "../lines/lines-ahead.ts";
import { LineSurvey, type Survey } from "../lines/survey.ts";
import type { GatewayContext } from "./context.ts";
import { resolveProvider } from "./resolve.ts";
import { translationMode } from "./translation-mode.ts";

/** What was found out of a batch's input while it was received, for the provider and the mode that were named before it. */
export interface CopyAhead {
  readonly provider: Provider;
  readonly mode: TranslationMode;
  readonly guard: LineGuard | null;
  readonly survey: Survey;
  readonly lines: LinesAhead;
}

interface Watch {
  /** The same chunks. */
  pass(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array>;
  /** All bytes have passed, and are durable. */
  keepFor(received: ReceivedContent): void;
  drop(): Promise<void>;
}

const found = new WeakMap<ReceivedContent, CopyAhead>();

/** Null where there is none. Whoever takes it uses up its lines, or drops them. */
export function takeCopyAhead(received: ReceivedContent): CopyAhead | null {
  const ahead = found.get(received) ?? null;
  found.delete(received);
  return ahead;
}

/** Null: no copy in another format is to be made. What is wrong with the request is told by the create. */
export function watchInput(context: GatewayContext, intent: FileIntent): Watch | null {
  const target = findTarget(context, intent);
  return target === null ? null : watch(context, intent, target);
}

function findTarget(context: GatewayContext, { call, purpose }: FileIntent) {
  if (purpose !== "batch") return null;
  try {
    const provider = resolveProvider(call, context.providers);
    return provider.takesInputFiles ? { provider, mode: translationMode(context, call) } : null;
  } catch (error) {
    if (isGatewayError(error)) return null;
    throw error;
  }
}

function watch(
  context: GatewayContext,
  { call }: FileIntent,
  { provider, mode }: Pick<CopyAhead, "provider" | "mode">,
): Watch {
  const { blobs, maxLineBytes } = context;
  const guard = createLineGuard({ options: guardOption(call.client) });
  const { idRule } = formats[provider.format];
  const survey = new LineSurvey({ guard, endpoint: null, idRule, maxLineBytes });
  const target = { provider, endpoint: null, model: null, variant: null, mode };
  const limits = { lines: provider.limits.maxLines, bytes: provider.limits.maxBytes };
  const prefix = `prepared/${context.newId(context.now())}`;
  const lines = new LinesAhead({ blobs, maxLineBytes }, { target, limits, prefix }, call.signal);
  let isOver = false;

  async function see(chunk: Uint8Array): Promise<void> {
    try {
      survey.push(chunk);
      await lines.push(chunk, survey);
    } catch (error) {
      // The batch says it, with the line.
      if (!(error instanceof LineTooLongError)) throw error;
      isOver = true;
      await lines.drop();
    }
  }

  return {
    async *pass(content) {
      for await (const chunk of content) {
        if (!isOver) await see(chunk);
        yield chunk;
      }
      lines.end();
    },
    keepFor(received) {
      if (!isOver) found.set(received, { provider, mode, guard, lines, survey: survey.end() });
    },
    drop: async () => lines.drop(),
  };
}
