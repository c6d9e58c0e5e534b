/** What a model's name says, found out once and not for every line. Names are the client's, so not all of them are kept. */
export function perModel<Facts extends {} | null>(
  find: (model: string | null) => Facts,
): (model: string | null) => Facts {
  const known = new Map<string | null, Facts>();
  return (model) => {
    const kept = known.get(model);
    if (kept !== undefined) return kept;
    if (known.size >= MAX_KEPT) known.clear();
    const facts = find(model);
    known.set(model, facts);
    return facts;
  };
}

const MAX_KEPT = 100;
