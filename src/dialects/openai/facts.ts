/** What every call of this dialect carries. */
export const FACTS = {
  dialect: "openai",
  format: "openai",
  defaultProvider: "openai",
} as const;
