import type { FormatName } from "../../../src/core/format-name.ts";
import type { JsonObject } from "../../../src/core/json.ts";
import { loadChatCases } from "../../support/chat-fixtures.ts";

/** The accents that a line of a format may be in, beside the URL it then has. */
const ACCENTS: Readonly<Record<FormatName, Readonly<Record<string, string>>>> = {
  openai: { openai: "/v1/chat/completions", "openai-responses": "/v1/responses" },
  anthropic: { anthropic: "" },
  gemini: { gemini: "" },
  bedrock: { bedrock: "", "bedrock-nova": "" },
};

/** The fixtures' requests in the lines of a format. */
export function requestLines(format: FormatName): readonly JsonObject[] {
  return bodiesOf("request", format).map(({ url, body }, index) => {
    const id = `line-${index}`;
    switch (format) {
      case "openai":
        return { custom_id: id, method: "POST", url, body };
      case "anthropic":
        return { custom_id: id, params: body };
      case "gemini":
        return { key: id, request: body };
      case "bedrock":
        return { recordId: id, modelInput: body };
    }
  });
}

/** The fixtures' answers in the lines of a format, and one line that failed. */
export function resultLines(format: FormatName): readonly JsonObject[] {
  const bodies = bodiesOf("response", format).map(({ body }) => body);
  switch (format) {
    case "openai":
      return [
        ...bodies.map((body, index) => ({
          id: `batch_req_${index}`,
          custom_id: `line-${index}`,
          response: { status_code: 200, request_id: "req", body },
          error: null,
        })),
        {
          id: "batch_req_e",
          custom_id: "e",
          response: { status_code: 400, request_id: "req", body: { error: { message: "no" } } },
          error: null,
        },
      ];
    case "anthropic":
      return [
        ...bodies.map((message, index) => ({
          custom_id: `line-${index}`,
          result: { type: "succeeded", message },
        })),
        {
          custom_id: "e",
          result: {
            type: "errored",
            error: { type: "error", error: { type: "api_error", message: "no" } },
          },
        },
      ];
    case "gemini":
      return [
        ...bodies.map((response, index) => ({ key: `line-${index}`, response })),
        { key: "e", error: { code: 3, message: "no" } },
      ];
    case "bedrock":
      return [
        ...bodies.map((modelOutput, index) => ({
          recordId: `line-${index}`,
          modelInput: {},
          modelOutput,
        })),
        { recordId: "e", modelInput: {}, error: { errorCode: 400, errorMessage: "no" } },
      ];
  }
}

interface LineBody {
  readonly url: string;
  readonly body: JsonObject;
}

/** The case with a megabyte of text is only slow. */
function bodiesOf(kind: "request" | "response", format: FormatName): LineBody[] {
  const cases = loadChatCases().filter(({ name }) => name !== "long-text");
  return cases.flatMap(({ bodies }) =>
    Object.entries(ACCENTS[format]).flatMap(([accent, url]): LineBody[] => {
      const body = bodies[kind][accent];
      return body === undefined ? [] : [{ url, body }];
    }),
  );
}
