import type { ChatRequest } from "../../core/chat-request.ts";
import type { JsonObject } from "../../core/json.ts";
import { printJson } from "../line-fields.ts";

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_OutputFormat.html: the schema is JSON in a string. */
export function writeTextFormat(schema: JsonObject, { responseFormat }: ChatRequest): JsonObject {
  const named = responseFormat?.kind === "json_schema" ? responseFormat : undefined;
  return {
    type: "json_schema",
    structure: {
      jsonSchema: {
        schema: printJson(schema),
        name: named?.name,
        description: named?.description,
      },
    },
  };
}
