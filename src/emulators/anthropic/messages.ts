import { ApiError } from "./api-error.ts";
import type { AnswerContext } from "./answers/message.ts";
import { answerMessage, countInput } from "./answers/message.ts";
import { streamMessage } from "./answers/message-stream.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, readJsonBody } from "./call.ts";
import type { AnthropicLimits } from "./limits.ts";
import type { ModelTable } from "./models.ts";
import { renderModel } from "./models.ts";
import { pageOf, renderPage } from "./paging.ts";

export interface MessageHost {
  readonly limits: AnthropicLimits;
  readonly models: ModelTable;
  readonly context: (call: Call) => AnswerContext;
}

/** Messages without a batch, and the list of models. */
export function messageRoutes(host: MessageHost): readonly Route[] {
  return [
    { method: "POST", path: "/messages", answer: (call) => createMessage(call, host) },
    { method: "POST", path: "/messages/count_tokens", answer: (call) => countMessage(call, host) },
    { method: "GET", path: "/models", answer: (call) => listModels(call, host) },
    { method: "GET", path: "/models/*", answer: (call) => showModel(call, host.models) },
  ];
}

async function createMessage(call: Call, host: MessageHost): Promise<Reply> {
  const body = await readJsonBody(call.request, host.limits.messageBytes);
  const answer = answerMessage(body, host.context(call));
  return body["stream"] === true ? { kind: "events", events: streamMessage(answer) } : json(answer);
}

async function countMessage(call: Call, host: MessageHost): Promise<Reply> {
  const body = await readJsonBody(call.request, host.limits.messageBytes);
  return json({ input_tokens: countInput(body, host.context(call)) });
}

function listModels(call: Call, host: MessageHost): Reply {
  const page = pageOf(host.models.all, call.query, host.limits);
  return json(renderPage(page, page.data.map(renderModel)));
}

function showModel(call: Call, models: ModelTable): Reply {
  const id = call.ids[0] ?? "";
  const model = models.find(id);
  if (model === null) throw new ApiError(404, `model: ${id}`);
  return json(renderModel(model));
}
