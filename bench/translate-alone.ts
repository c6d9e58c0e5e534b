import { createReadStream } from "node:fs";
import { formats, requestMap, resultMap } from "../src/formats/formats.ts";
import { createLineIds, SAME_IDS } from "../src/formats/line-ids.ts";
import { translate } from "../src/formats/translate.ts";
import type { FormatName } from "../src/core/format.ts";
import type { Side } from "../src/core/translation.ts";

/** The translation of a file and nothing else, in a process of its own: prints seconds and bytes as JSON. */
async function main([
  path = "",
  kind = "",
  from = "",
  to = "",
  model = "",
]: readonly string[]): Promise<void> {
  const side = (name: string): Side => ({
    format: formats[toFormat(name)],
    endpoint: "chat",
    model: model === "" ? null : model,
    variant: null,
  });
  const clock = { nowSeconds: () => 0, newId: (prefix: string) => `${prefix}0` };
  const options = { ...clock, mode: "warn", isBatch: true } as const;
  const target = { ...side(to), model: kind === "results" ? null : side(to).model };
  const map =
    kind === "results"
      ? resultMap(side(from), target, { ...options, ids: SAME_IDS })
      : requestMap(side(from), target, { ...options, ids: createLineIds(target.format.idRule) });
  if (map === null) throw new Error(`${from} to ${to} needs no translation`);
  const startedAt = performance.now();
  let bytes = 0;
  const source = createReadStream(path, { highWaterMark: 256 * 1024 });
  for await (const chunk of translate(source, map)) bytes += chunk.length;
  const seconds = (performance.now() - startedAt) / 1_000;
  if (map.report().failedLines > 0) throw new Error(JSON.stringify(map.report().errors[0]));
  process.stdout.write(`${JSON.stringify({ seconds, bytes })}\n`);
}

function toFormat(name: string): FormatName {
  if (name in formats) return name as FormatName;
  throw new Error(`no format ${name}`);
}

await main(process.argv.slice(2));
