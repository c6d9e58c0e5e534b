// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import type { ServerEvent } from "../../core/provider.ts";
import { redactKeys } from "../../lib/redact-keys.ts";
import { codeOf } from "./errors.ts";
import type { EventMessage } from "./event-stream.ts";

const chunkPayload = z.looseObject({ bytes: z.string() });
const errorPayload = z.looseObject({ message: z.string().catch("") });

/** A message as server-sent events would have it; throws the error that one in the middle of a stream stands for. */
export function toServerEvent(message: EventMessage, provider: string): ServerEvent {
  const { headers, payload } = message;
  const text = payload.toString("utf8");
  const type = headers[":message-type"];
  if (type === "exception") {
    const said = errorPayload.catch({ message: "" }).parse(parseJson(text));
    throw toStreamError(provider, headers[":exception-type"] ?? "exception", said.message);
  }
  if (type === "error") {
    const code = headers[":error-code"] ?? "error";
    throw toStreamError(provider, code, headers[":error-message"] ?? "");
  }
  const event = headers[":event-type"] ?? null;
  if (event !== "chunk") return { event, data: text };
  // `InvokeModel` wraps what the model's own API would stream.
  const chunk = chunkPayload.safeParse(parseJson(text));
  if (!chunk.success) {
    throw new GatewayError("upstream_unavailable", `${provider} streamed a chunk without bytes.`);
  }
  return { event: null, data: Buffer.from(chunk.data.bytes, "base64").toString("utf8") };
}

function toStreamError(provider: string, exception: string, said: string): GatewayError {
  // Here `throttlingException`, as the status of an answer `ThrottlingException`.
  const type = exception.charAt(0).toUpperCase() + exception.slice(1);
  const suffix = said === "" ? "." : `: ${redactKeys(said, null)}`;
  return new GatewayError(
    codeOf(type, 500),
    `${provider} broke off its answer with ${type}${suffix}`,
    { upstreamType: type },
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
