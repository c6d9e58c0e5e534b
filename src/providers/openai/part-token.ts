type Metadata = Readonly<Record<string, string>>;

const KEY = "crossbatch_part";
const OUR_KEY = /^crossbatch_part(?:_\d+)?$/;
const MAX_PAIRS = 16;

/** The client's metadata and the Part's token; without the token where the client has taken all 16 pairs. */
export function addToken(metadata: Metadata | null, token: string): Metadata {
  const own = metadata ?? {};
  return hasRoom(own) ? { ...own, [freeKey(own)]: token } : own;
}

export function carriesToken(metadata: Metadata | null): boolean {
  return hasRoom(metadata ?? {});
}

export function hasToken(metadata: Metadata | null | undefined, token: string): boolean {
  return Object.entries(metadata ?? {}).some(
    ([key, value]) => OUR_KEY.test(key) && value === token,
  );
}

/** What the client gave; null if that was nothing. */
export function withoutToken(metadata: Metadata | null | undefined): Metadata | null {
  const all = metadata ?? {};
  const own = Object.fromEntries(Object.entries(all).filter(([key]) => key !== lastKey(all)));
  return Object.keys(own).length === 0 ? null : own;
}

function hasRoom(metadata: Metadata): boolean {
  return Object.keys(metadata).length < MAX_PAIRS;
}

/** Another gateway before this one may have put its own token there, and wants to find it again. */
function freeKey(metadata: Metadata): string {
  let key = KEY;
  for (let number = 2; Object.hasOwn(metadata, key); number += 1) key = `${KEY}_${number}`;
  return key;
}

function lastKey(metadata: Metadata): string | null {
  let last: string | null = null;
  let key = KEY;
  for (let number = 2; Object.hasOwn(metadata, key); number += 1) {
    last = key;
    key = `${KEY}_${number}`;
  }
  return last;
}
