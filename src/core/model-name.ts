/** A model as its provider names it: `claude-…` of `anthropic/claude-…`, where the prefix is the provider's own. */
export function withoutPrefix(model: string, prefix: string | null): string {
  return prefix !== null && model.startsWith(`${prefix}/`) ? model.slice(prefix.length + 1) : model;
}
