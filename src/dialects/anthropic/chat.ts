// https://platform.claude.com/docs/en/api/messages/create, …/api/messages-count-tokens and …/api/models
import type { FastifyInstance } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors.ts";
import { isJsonObject, type JsonObject } from "../../core/json.ts";
import type { ListedModel, ListPage, Page } from "../../core/gateway.ts";
import type { Callers } from "../callers.ts";
import { answerChat, answerCount, type ChatRoutes } from "../chat.ts";
import { readQuery } from "./call.ts";
import { renderError } from "./errors.ts";
import { listPage } from "./paging.ts";
import { listQuerySchema } from "./schemas.ts";
import { WORDING } from "./validation.ts";

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
      event: "error",
      data: JSON.stringify(renderError(error, requestId).body),
    }),
  };

  app.post("/v1/messages", async (request, reply) =>
    answerChat(routes, "/v1/chat/completions", { request, reply }),
  );

  app.post("/v1/messages/count_tokens", async (request, reply) =>
    answerCount(routes, COUNTING, { request, reply }),
  );

  app.get("/v1/models", async (request, reply) => {
    const query = WORDING.check(listQuerySchema, readQuery(request));
    const models = await gateway.listModels(callers.call(request, reply));
    return listPage(query, async (page) => cutPage(models, page), renderModel);
  });

  // A model's id may have slashes in it.
  app.get<{ Params: { readonly "*": string } }>("/v1/models/*", async (request, reply) =>
    renderModel(await gateway.retrieveModel(callers.call(request, reply), request.params["*"])),
  );
}

const COUNTING = {
  endpoint: "/v1/chat/completions",
  /** Nobody says how long an answer may be that is never given; whoever thinks needs more than that. */
  complete({ max_tokens: own, thinking }: JsonObject): Readonly<Record<string, number>> {
    if (own !== undefined) return {};
    const budget = isJsonObject(thinking) ? thinking["budget_tokens"] : null;
    return { max_tokens: typeof budget === "number" ? budget + 1 : 1 };
  },
  render: (inputTokens: number) => ({ input_tokens: inputTokens }),
};

function cutPage(models: readonly ListedModel[], page: ListPage): Page<ListedModel> {
  const ordered = page.order === "asc" ? models.toReversed() : models;
  const before = page.after === null ? -1 : ordered.findIndex(({ id }) => id === page.after);
  if (page.after !== null && before === -1) {
    throw new GatewayError("invalid_request", "There is no such model.", { param: "after" });
  }
  const rest = ordered.slice(before + 1);
  return { items: rest.slice(0, page.limit), hasMore: rest.length > page.limit };
}

function renderModel({ id, format, model }: ListedModel) {
  return {
    type: "model",
    display_name: model.displayName ?? model.id,
    created_at: new Date((model.createdAtSeconds ?? 0) * 1_000).toISOString(),
    ...(format === "anthropic" ? model.native : {}),
    id,
  };
}
