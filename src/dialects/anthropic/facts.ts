/** What every call of this dialect carries. */
export const FACTS = {
  dialect: "anthropic",
  format: "anthropic",
  defaultProvider: "anthropic",
} as const;
