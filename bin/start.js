import { existsSync } from "node:fs";

// Node strips types everywhere but inside node_modules; there, and without sources, the built files run.
const source = new URL("../src/cli/main.ts", import.meta.url);
const built = new URL("../dist/cli/main.js", import.meta.url);
const isInstalled = /[\\/]node_modules[\\/]/.test(source.pathname);
const entry = !isInstalled && existsSync(source) ? source : built;

const { main } = await import(entry.href);
await main(process.argv);
