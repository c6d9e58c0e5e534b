/** For what must be done though the request may be gone. */
export function ownTime(): AbortSignal {
  return AbortSignal.timeout(30_000);
}
