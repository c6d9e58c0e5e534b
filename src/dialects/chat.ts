import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { GatewayError, isGatewayError } from "../core/errors.ts";
import type { ChatAnswer, CreateChat, Gateway } from "../core/gateway.ts";
import { isJsonObject, type JsonObject } from "../core/json.ts";
import type { ServerEvent } from "../core/provider.ts";
import type { Log } from "../core/telemetry.ts";
import { editJsonObject } from "../lib/json-span.ts";
import { takeBody } from "../lib/raw-body.ts";
import type { Callers } from "./callers.ts";
import { retryAfterHeader } from "./error-headers.ts";
import { plainText } from "./gateway-fields.ts";
import { sendEvents } from "./server-events.ts";
import type { Wording } from "./wording.ts";

/** What a dialect's chat routes stand on. */
export interface ChatRoutes {
  readonly gateway: Gateway;
  readonly log: Log;
  readonly callers: Callers;
  readonly wording: Wording;
  /** How the dialect says in the middle of a stream that the rest won't come. */
  renderFailure(error: GatewayError, requestId: string): ServerEvent;
}

interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** Asks a model, and answers in the dialect's format. */
export async function answerChat(
  routes: ChatRoutes,
  endpoint: string,
  { request, reply }: Exchange,
): Promise<FastifyReply> {
  const { chat, provider } = readChat(request, endpoint, routes.wording);
  const call = routes.callers.call(request, reply, provider);
  const { answer, ...facts } = await routes.gateway.chat(call, chat);
  reply.headers(factsHeaders(facts));
  if (answer.kind === "events") {
    const failureOf = (error: unknown) => {
      const known = isGatewayError(error) ? error : toInternal(error);
      routes.log.warn({ error, requestId: request.id }, "a streamed answer broke off");
      return routes.renderFailure(known, request.id);
    };
    return sendEvents(reply, answer.events, { failureOf, signal: call.signal });
  }
  return reply
    .status(answer.status)
    .headers(retryAfterHeader(answer.retryAfterSeconds))
    .type("application/json; charset=utf-8")
    .send(answer.body);
}

/** How a dialect asks for a count, and tells it. */
interface Counting {
  readonly endpoint: string;
  /** What a whole request has to say beside. */
  readonly complete: (body: JsonObject) => Readonly<Record<string, number>>;
  readonly render: (inputTokens: number) => JsonObject;
}

/** Tells what a request would be charged for as its input. */
export async function answerCount(
  routes: ChatRoutes,
  { endpoint, complete, render }: Counting,
  { request, reply }: Exchange,
): Promise<FastifyReply> {
  const { chat, provider } = readChat(request, endpoint, routes.wording);
  const call = routes.callers.call(request, reply, provider);
  const added = complete(chat.body);
  const { answer, ...facts } = await routes.gateway.countTokens(call, {
    ...chat,
    streams: false,
    body: { ...chat.body, ...added },
    text: editJsonObject(chat.text, [], added),
    written: chat.text,
  });
  reply.headers(factsHeaders(facts)).type("application/json; charset=utf-8");
  if (answer.kind === "counted") return reply.send(JSON.stringify(render(answer.inputTokens)));
  const { status, retryAfterSeconds, body } = answer;
  return reply.status(status).headers(retryAfterHeader(retryAfterSeconds)).send(body);
}

function toInternal(cause: unknown): GatewayError {
  return new GatewayError("internal", "the gateway failed to stream an answer", { cause });
}

const schema = z.looseObject({
  model: z.string().min(1),
  stream: z.boolean().nullish(),
  model_invocation_type: z.enum(["InvokeModel", "Converse"]).nullish(),
});

/** Some hosts take an object by this name. */
const named = z.looseObject({ provider: plainText.nullish() });

interface ReadChat {
  readonly chat: CreateChat;
  readonly provider: string | null;
}

function readChat(request: FastifyRequest, endpoint: string, wording: Wording): ReadChat {
  const { body } = request;
  if (!isJsonObject(body)) throw wording.notAnObject();
  const { model, stream, model_invocation_type: variant } = wording.check(schema, body);
  const hasProvider = !isJsonObject(body["provider"]);
  const provider = hasProvider ? (wording.check(named, body).provider ?? null) : null;
  const own = ["model_invocation_type", ...(hasProvider ? ["provider"] : [])];
  const given = own.filter((name) => Object.hasOwn(body, name));
  const text = takeBody(request);
  return {
    provider,
    chat: {
      endpoint,
      model,
      variant: variant ?? null,
      body: without(body, given),
      text: given.length === 0 ? text : editJsonObject(text, given, {}),
      streams: stream === true,
    },
  };
}

function without(body: JsonObject, names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));
}

/** Proxies refuse headers that are much longer. */
const MAX_WARNINGS_CHARACTERS = 1_000;

function factsHeaders({
  provider,
  requestId,
  warnings,
}: Omit<ChatAnswer, "answer">): Record<string, string> {
  const said = warnings.map(({ field, reason }) => `${field}: ${reason}`).join("; ");
  const short =
    said.length > MAX_WARNINGS_CHARACTERS ? `${said.slice(0, MAX_WARNINGS_CHARACTERS)}...` : said;
  return {
    "x-crossbatch-provider": provider,
    ...(requestId === null ? {} : { "x-crossbatch-upstream-request-id": printable(requestId) }),
    ...(short === "" ? {} : { "x-crossbatch-warnings": printable(short) }),
  };
}

/** Names of fields may be the client's, and headers take no others. */
function printable(text: string): string {
  return text.replaceAll(/[^ -~]/g, "?");
}
