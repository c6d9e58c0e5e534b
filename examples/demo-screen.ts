const BAR_CELLS = 28;

export interface Progress {
  readonly name: string;
  readonly status: string;
  readonly done: number;
  readonly total: number;
}

/** A bar for each, drawn over the last ones on a terminal; elsewhere a line whenever one has changed. */
export function createScreen(out: NodeJS.WriteStream = process.stdout) {
  let drawn = 0;
  const said = new Map<string, string>();
  return {
    show(all: readonly Progress[]): void {
      if (!out.isTTY) {
        for (const progress of all) {
          const text = barOf(progress);
          if (said.get(progress.name) !== text) out.write(`${text}\n`);
          said.set(progress.name, text);
        }
        return;
      }
      if (drawn > 0) out.write(`\u001B[${drawn}A`);
      for (const progress of all) out.write(`\u001B[2K${barOf(progress)}\n`);
      drawn = all.length;
    },
  };
}

function barOf({ name, status, done, total }: Progress): string {
  const cells = Math.round((BAR_CELLS * done) / Math.max(total, 1));
  const bar = "█".repeat(cells) + "░".repeat(BAR_CELLS - cells);
  return `  ${name.padEnd(10)} ${status.padEnd(12)} ${bar} ${done}/${total}`;
}

/** The first row is the head; columns as wide as their widest cell. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd();
  const [head = [], ...body] = rows;
  return [line(head), line(widths.map((width) => "─".repeat(width))), ...body.map(line)].join("\n");
}
