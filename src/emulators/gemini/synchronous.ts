import { checkModelOf } from "./answers/answer.ts";
import { embed } from "./answers/embed.ts";
import type { AnswerContext } from "./answers/generate.ts";
import { generate, promptTokens } from "./answers/generate.ts";
import { checkGenerate } from "./answers/generate-rules.ts";
import { streamed } from "./answers/stream.ts";
import type { Call, Reply, Route } from "./call.ts";
import { json, pageOf, readJsonBody } from "./call.ts";
import { isJsonArray, isJsonObject, objectsOf } from "./json.ts";
import type { GeminiLimits } from "./limits.ts";
import {
  batchEmbedContentsRequest,
  countTokensRequest,
  embedContentRequest,
  generateContentRequest,
} from "./messages.ts";
import type { Method, ModelInfo, ModelTable } from "./models.ts";
import { renderModel } from "./models.ts";
import type { Reader } from "./proto-json.ts";
import { readObject } from "./proto-json.ts";
import { invalidArgument, StatusError } from "./status-error.ts";

export interface AnswerHost {
  readonly limits: GeminiLimits;
  readonly models: ModelTable;
  readonly context: (project: string, model: ModelInfo) => AnswerContext;
}

/** What batches are made of, called one request at a time, and the list of models. */
export function synchronousRoutes(host: AnswerHost): readonly Route[] {
  return [
    route("generateContent", async (call) =>
      json(await generateOne(call, "generateContent", host)),
    ),
    route("streamGenerateContent", async (call) => {
      const answer = await generateOne(call, "streamGenerateContent", host);
      return streamed(answer, call.query.get("alt") === "sse");
    }),
    route("countTokens", (call) => countOne(call, host)),
    route("embedContent", (call) => embedOne(call, host)),
    route("batchEmbedContents", (call) => embedMany(call, host)),
    { method: "GET", pattern: /^\/v1beta\/models$/, answer: (call) => listModels(call, host) },
    {
      method: "GET",
      pattern: /^\/v1beta\/((?:models|tunedModels)\/[^/:]+)$/,
      answer: (call) => showModel(call, host.models),
    },
  ];
}

function route(method: Method, answer: (call: Call) => Promise<Reply>): Route {
  return {
    method: "POST",
    pattern: new RegExp(`^/v1beta/((?:models|tunedModels)/[^/:]+):${method}$`),
    answer,
  };
}

async function generateOne(call: Call, method: Method, host: AnswerHost) {
  const { model, request } = await read(call, { method, reader: generateContentRequest }, host);
  return generate(request, host.context(call.project, model));
}

/** Either contents alone, or a whole request, which then names its model. */
async function countOne(call: Call, host: AnswerHost): Promise<Reply> {
  const asked = { method: "countTokens", reader: countTokensRequest } as const;
  const { model, request } = await read(call, asked, host);
  const { contents, generateContentRequest: whole } = request;
  if (isJsonObject(whole) === isJsonArray(contents)) {
    throw invalidArgument(
      "Exactly one of `contents` and `generateContentRequest` must be set in a CountTokensRequest.",
    );
  }
  if (isJsonObject(whole)) {
    if (whole["model"] === undefined) {
      throw invalidArgument(
        "* CountTokensRequest.generate_content_request.model: unexpected model name format",
      );
    }
    checkModelOf(whole, model.name);
    checkGenerate(whole, model);
  }
  const totalTokens = promptTokens(isJsonObject(whole) ? whole : request);
  return json({
    totalTokens,
    promptTokensDetails: [{ modality: "TEXT", tokenCount: totalTokens }],
  });
}

async function embedOne(call: Call, host: AnswerHost): Promise<Reply> {
  const asked = { method: "embedContent", reader: embedContentRequest } as const;
  const { model, request } = await read(call, asked, host);
  return json({ embedding: embed(request, model) });
}

async function embedMany(call: Call, host: AnswerHost): Promise<Reply> {
  const asked = { method: "batchEmbedContents", reader: batchEmbedContentsRequest } as const;
  const { model, request } = await read(call, asked, host);
  const requests = objectsOf(request["requests"]);
  const most = host.limits.embeddingsPerCall;
  if (requests.length === 0 || requests.length > most) {
    throw invalidArgument(
      `* BatchEmbedContentsRequest.requests: at least one and at most ${most} requests can be in one batch.`,
    );
  }
  for (const [index, one] of requests.entries()) {
    if (one["model"] === undefined) {
      throw invalidArgument(
        `* BatchEmbedContentsRequest.requests[${index}].model: unexpected model name format`,
      );
    }
    checkModelOf(one, model.name);
  }
  return json({ embeddings: requests.map((one) => embed(one, model)) });
}

interface Asked {
  readonly method: Method;
  readonly reader: Reader;
}

async function read(call: Call, asked: Asked, host: AnswerHost) {
  const model = host.models.require(call.ids[0] ?? "", asked.method);
  const body = await readJsonBody(call.request, host.limits.jsonBodyBytes);
  const request = readObject(asked.reader, body, "");
  checkModelOf(request, model.name);
  return { model, request };
}

function listModels(call: Call, host: AnswerHost): Reply {
  const { limits, models } = host;
  const count = models.all.length;
  const numbered = models.all.map((model, index) => ({ model, serial: count - index }));
  const { items, next } = pageOf(numbered, call.query, {
    max: limits.modelsPerPage,
    otherwise: limits.modelsPerPageByDefault,
    refuses: false,
  });
  return json({ models: items.map(({ model }) => renderModel(model)), ...next });
}

function showModel(call: Call, models: ModelTable): Reply {
  const name = call.ids[0] ?? "";
  const model = models.find(name);
  if (model === null) throw new StatusError("NOT_FOUND", `Model is not found: ${name}`);
  return json(renderModel(model));
}
