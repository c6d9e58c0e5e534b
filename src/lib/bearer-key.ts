/** Of `Authorization: Bearer …`; null where there is none. */
export function bearerKey(header: string | undefined): string | null {
  return /^bearer +(\S+) *$/i.exec(header ?? "")?.[1] ?? null;
}
