import { z } from "zod";
import { type ErrorCode, GatewayError } from "../core/errors.ts";

/** Anything that was thrown, as the one error that dialects render. What isn't ours shows no message to the client. */
export function toGatewayError(error: unknown, requestId: string): GatewayError {
  if (error instanceof GatewayError) return error;
  const refused = frameworkErrorSchema.safeParse(error);
  const code = refused.success ? codeOf(refused.data.statusCode) : null;
  if (refused.success && code !== null) {
    return new GatewayError(code, MESSAGES[refused.data.code] ?? refused.data.message, {
      cause: error,
    });
  }
  return new GatewayError(
    "internal",
    `The gateway failed to handle this request. Its operator finds the reason in the log under request id ${requestId}.`,
    { cause: error },
  );
}

/** Fastify's errors and those of its plugins: their messages speak of the request only. */
const frameworkErrorSchema = z.object({
  code: z.string().startsWith("FST_"),
  statusCode: z.number(),
  message: z.string(),
});

const MESSAGES: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "The body of the request is larger than this route takes.",
  FST_ERR_CTP_INVALID_MEDIA_TYPE:
    "This route doesn't take the content type of the request; send application/json, or multipart/form-data with files.",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH:
    "The body of the request doesn't have the length that its content-length header says.",
  FST_ERR_BAD_URL: "The path of the request isn't valid percent-encoded UTF-8.",
  FST_ERR_MAX_PARAM_LENGTH: "An id in the path of the request is too long to be one.",
};

function codeOf(status: number): ErrorCode | null {
  switch (status) {
    case 404:
    case 405:
    case 414:
      return "not_found";
    case 413:
      return "too_large";
    case 406:
    case 415:
      return "unsupported_media_type";
    default:
      return status >= 400 && status < 500 ? "invalid_request" : null;
  }
}
