// Plain and old-fashioned on purpose: this must run on the very versions that it refuses.

/**
 * @param {string} version such as 22.19.0
 * @returns {string | null} why the program can't run on that Node, in one sentence
 */
export function refuseNodeVersion(version) {
  const parts = version.split(".").map(Number);
  if (parts[0] > 22 || (parts[0] === 22 && parts[1] >= 19)) return null;
  return (
    "Crossbatch needs Node 22.19 or newer, and this is Node " +
    version +
    ": install a newer one, or start it with `npm start`, which brings its own."
  );
}
