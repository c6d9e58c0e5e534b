/** Why the program can't run on that version of Node, in one sentence; null if it can. */
export function refuseNodeVersion(version: string): string | null;
