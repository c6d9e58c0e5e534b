/** A family of APIs that write lines and bodies alike. */
export type FormatName = "openai" | "anthropic" | "gemini" | "bedrock";
