// https://platform.openai.com/docs/api-reference/chat and …/responses, …/embeddings, …/models
import type { FastifyInstance } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import type { ListedModel } from "../../core/gateway.ts";
import type { Callers } from "../callers.ts";
import { answerChat, type ChatRoutes } from "../chat.ts";
import { WORDING } from "./call.ts";
import { renderError } from "./errors.ts";

const PATHS = ["/chat/completions", "/responses", "/embeddings"] as const;

export function mountChat(
  app: FastifyInstance,
  { gateway, log }: DialectServices,
  callers: Callers,
): void {
  const routes: ChatRoutes = {
    gateway,
    log,
    callers,
    wording: WORDING,
    renderFailure: (error, requestId) => ({
      event: null,
      data: JSON.stringify(renderError(error, requestId).body),
    }),
  };
  for (const path of PATHS) {
    app.post(path, async (request, reply) => answerChat(routes, `/v1${path}`, { request, reply }));
  }

  app.get("/models", async (request, reply) => {
    const models = await gateway.listModels(callers.call(request, reply));
    return { object: "list", data: models.map(renderModel) };
  });

  // A model's id may have slashes in it.
  app.get<{ Params: { readonly "*": string } }>("/models/*", async (request, reply) =>
    renderModel(await gateway.retrieveModel(callers.call(request, reply), request.params["*"])),
  );
}

function renderModel({ id, provider, format, model }: ListedModel) {
  return {
    object: "model",
    created: model.createdAtSeconds ?? 0,
    owned_by: model.owner ?? provider,
    ...(format === "openai" ? model.native : {}),
    id,
  };
}
