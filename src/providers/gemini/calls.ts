// https://ai.google.dev/api/generate-content and https://ai.google.dev/api/embeddings
import { isJsonObject } from "../../core/json.ts";
import type {
  SynchronousAnswer,
  SynchronousCalls,
  SynchronousRequest,
} from "../../core/provider.ts";
import type { UpstreamHttp } from "../upstream.ts";
import { EMBEDDINGS } from "./batches.ts";
import { readErrorFacts } from "./error-facts.ts";
import { pathOfModel } from "./names.ts";

export function createCalls(http: UpstreamHttp): SynchronousCalls {
  const send = async (
    request: SynchronousRequest,
    signal: AbortSignal,
  ): Promise<SynchronousAnswer> => {
    const method = methodOf(request);
    const path = `${pathOfModel(request.model)}:${method}`;
    const call = { operation: `models.${method}`, signal, body: request.body };
    return withWait(await http.answer("POST", path, call));
  };

  return {
    send,

    async stream(request, signal) {
      // Embeddings come at once.
      if (request.endpoint === EMBEDDINGS) return send(request, signal);
      const path = `${pathOfModel(request.model)}:streamGenerateContent`;
      const operation = "models.streamGenerateContent";
      const call = { operation, signal, query: { alt: "sse" }, body: request.body };
      const answer = await http.events(path, call);
      return answer.kind === "whole" ? withWait(answer) : answer;
    },
  };
}

function methodOf({ endpoint, body }: SynchronousRequest): string {
  if (endpoint !== EMBEDDINGS) return "generateContent";
  const json = parseJson(body);
  return isJsonObject(json) && Array.isArray(json["requests"])
    ? "batchEmbedContents"
    : "embedContent";
}

/** How long to wait is in the body of a refusal, where no header says it. */
export function withWait(answer: SynchronousAnswer): SynchronousAnswer {
  if (answer.status < 400 || answer.retryAfterSeconds !== null) return answer;
  const body = parseJson(answer.body);
  const error = isJsonObject(body) ? body["error"] : null;
  const facts = isJsonObject(error) ? readErrorFacts(error) : {};
  return { ...answer, retryAfterSeconds: facts.retryAfterSeconds ?? null };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
