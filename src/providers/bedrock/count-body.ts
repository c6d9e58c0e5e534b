// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html
import type { SynchronousRequest } from "../../core/provider.ts";
import { editJsonObject, jsonKeys } from "../../lib/json-span.ts";

/** What of a Converse request is counted. */
const COUNTED = new Set(["messages", "system", "toolConfig", "additionalModelRequestFields"]);

/** The body that asks how many tokens a request to `InvokeModel` or `Converse` has. */
export function toCountBody({ variant, body }: SynchronousRequest): string {
  if (variant !== "Converse") {
    return JSON.stringify({
      input: { invokeModel: { body: Buffer.from(body).toString("base64") } },
    });
  }
  const others = jsonKeys(body).filter((key) => !COUNTED.has(key));
  return `{"input":{"converse":${editJsonObject(body, others, {})}}}`;
}
