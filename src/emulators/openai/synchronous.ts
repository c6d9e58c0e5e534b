import type { AnswerContext } from "./answers/answer.ts";
import { answerOf } from "./answers/answer.ts";
import { streamChat } from "./answers/chat-stream.ts";
import { streamResponse } from "./answers/response-stream.ts";
import { ApiError, badRequest } from "./api-error.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, readJsonBody } from "./call.ts";
import type { JsonObject } from "../json.ts";
import type { OpenAILimits } from "./limits.ts";
import type { ModelInfo, ModelTable } from "./models.ts";

export interface AnswerHost {
  readonly limits: OpenAILimits;
  readonly models: ModelTable;
  readonly context: (project: string) => AnswerContext;
}

const PATHS = ["/chat/completions", "/responses", "/embeddings", "/completions", "/moderations"];

/** The endpoints of batch lines, called one request at a time, and the list of models. */
export function synchronousRoutes(host: AnswerHost): readonly Route[] {
  const direct = PATHS.map((path): Route => ({
    method: "POST",
    path,
    answer: (call) => answerCall(call, path, host),
  }));
  return [
    ...direct,
    {
      method: "GET",
      path: "/models",
      answer: () => json({ object: "list", data: host.models.all.map(renderModel) }),
    },
    { method: "GET", path: "/models/*", answer: (call) => json(showModel(call, host.models)) },
  ];
}

async function answerCall(call: Call, path: string, host: AnswerHost): Promise<Reply> {
  const body = await readJsonBody(call.request, host.limits.jsonBodyBytes);
  const stream = body["stream"] === true ? STREAMS[path] : null;
  if (stream === undefined) {
    throw badRequest("The emulator streams chat completions and responses.", "stream");
  }
  const answer = answerOf(`/v1${path}`)(body, host.context(call.project));
  return stream === null ? json(answer) : { kind: "events", events: stream(answer, body) };
}

/** By the path; others aren't streamed. */
const STREAMS: Readonly<
  Record<string, (answer: JsonObject, body: JsonObject) => Iterable<string>>
> = {
  "/chat/completions": (answer, body) => streamChat(body, answer),
  "/responses": streamResponse,
};

const MODEL_CREATED = 1_721_172_741;

function renderModel(model: ModelInfo) {
  return { id: model.id, object: "model", created: MODEL_CREATED, owned_by: "system" };
}

function showModel(call: Call, models: ModelTable) {
  const id = call.ids[0] ?? "";
  const model = models.find(id);
  if (model === null) {
    throw new ApiError(404, `The model '${id}' does not exist`, {
      param: "model",
      code: "model_not_found",
    });
  }
  return renderModel(model);
}
