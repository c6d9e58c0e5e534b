/** The status that an answer or error of the AWS SDK came with; null if no answer came. */
export function httpStatusOf(answer: unknown): number | null {
  if (typeof answer !== "object" || answer === null || !("$metadata" in answer)) return null;
  const metadata = answer.$metadata;
  if (typeof metadata !== "object" || metadata === null || !("httpStatusCode" in metadata)) {
    return null;
  }
  return typeof metadata.httpStatusCode === "number" ? metadata.httpStatusCode : null;
}

/** `ECONNREFUSED` */
export function networkCodeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : null;
}
