import type { ChatRequest, Extra } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { childPath, ROOT } from "../../core/json-path.ts";
import {
  createExtrasReader,
  readOptionalArray,
  readOptionalInteger,
  readOptionalNumber,
  readOptionalObject,
  toText,
} from "../fields.ts";

export type Inference = Pick<ChatRequest, "maxTokens" | "temperature" | "topP" | "stop">;

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html */
export function parseInferenceConfig(body: JsonObject, extras: Extra[]): Inference {
  const config = readOptionalObject(body, "inferenceConfig", ROOT);
  if (config === undefined) return {};
  const at = childPath(ROOT, "inferenceConfig");
  readConfigExtras(config, at, extras);
  const stopAt = childPath(at, "stopSequences");
  return {
    maxTokens: readOptionalInteger(config, "maxTokens", at),
    temperature: readOptionalNumber(config, "temperature", at),
    topP: readOptionalNumber(config, "topP", at),
    stop: readOptionalArray(config, "stopSequences", at)?.map((text, index) =>
      toText(text, childPath(stopAt, index)),
    ),
  };
}

const readConfigExtras = createExtrasReader("maxTokens temperature topP stopSequences");
