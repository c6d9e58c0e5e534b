// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_Operations_Amazon_Bedrock_Runtime.html

import { answer } from "./answers/answer.ts";
import { countInput } from "./answers/count.ts";
import { streamConverse } from "./answers/converse-stream.ts";
import { streamInvoke } from "./answers/invoke-stream.ts";
import type { Answer, Api } from "./answers/reply.ts";
import { invalid } from "./bedrock-error.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, parseBody } from "./call.ts";
import { writeEvent, writeException } from "./event-stream.ts";
import type { ModelInfo, ModelTable } from "./models.ts";
import { isEmbedding } from "./models.ts";

export interface RuntimeHost {
  readonly models: ModelTable;
  readonly minCharacters: number;
  /** Asked once a stream: whether it breaks off in the middle. */
  readonly breaksOff: () => boolean;
}

/** What jobs are made of, called one request at a time, streamed or not. */
export function runtimeRoutes(host: RuntimeHost): readonly Route[] {
  return [
    route("invoke", (call) => {
      const { answered } = ask(call, "invoke", host);
      return json(answered.body, tokenHeaders(answered));
    }),
    route("converse", (call) => json(ask(call, "converse", host).answered.body)),
    route("count-tokens", (call) => {
      const { models, minCharacters } = host;
      const model = models.require(call.ids[0] ?? "");
      return json({ inputTokens: countInput(parseBody(call), { model, minCharacters }) });
    }),
    route("invoke-with-response-stream", (call) => {
      const { model, answered } = ask(call, "invoke", host);
      if (isEmbedding(model)) throw invalid("The model is unsupported for streaming.");
      return {
        kind: "events",
        messages: breakOff(invokeMessages(model, answered), host.breaksOff()),
        headers: { "x-amzn-bedrock-content-type": "application/json" },
      };
    }),
    route("converse-stream", (call) => ({
      kind: "events",
      messages: breakOff(converseMessages(ask(call, "converse", host).answered), host.breaksOff()),
      headers: {},
    })),
  ];
}

function route(action: string, reply: (call: Call) => Reply): Route {
  return { method: "POST", pattern: new RegExp(`^/model/([^/]+)/${action}$`), answer: reply };
}

interface Asked {
  readonly model: ModelInfo;
  readonly answered: Answer;
}

function ask(call: Call, api: Api, { models, minCharacters }: RuntimeHost): Asked {
  const model = models.require(call.ids[0] ?? "");
  const body = parseBody(call);
  return { model, answered: answer(body, { model, api, inBatch: false, minCharacters }) };
}

function tokenHeaders({ tokens }: Answer): Readonly<Record<string, string>> {
  return {
    "x-amzn-bedrock-input-token-count": String(tokens.input),
    "x-amzn-bedrock-output-token-count": String(tokens.output),
    "x-amzn-bedrock-invocation-latency": "1",
  };
}

function* invokeMessages(model: ModelInfo, answered: Answer): Iterable<Buffer> {
  for (const chunk of streamInvoke(model, answered)) {
    const bytes = Buffer.from(JSON.stringify(chunk)).toString("base64");
    yield writeEvent("chunk", { bytes });
  }
}

function* converseMessages(answered: Answer): Iterable<Buffer> {
  for (const [type, payload] of streamConverse(answered.body)) yield writeEvent(type, payload);
}

const MESSAGES_BEFORE_BREAK = 3;

function* breakOff(messages: Iterable<Buffer>, isBroken: boolean): Iterable<Buffer> {
  let left = isBroken ? MESSAGES_BEFORE_BREAK : Number.POSITIVE_INFINITY;
  for (const message of messages) {
    if (left === 0) {
      yield writeException(
        "throttlingException",
        "Too many tokens, please wait before trying again.",
      );
      return;
    }
    left -= 1;
    yield message;
  }
}
