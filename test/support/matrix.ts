import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { PROVIDERS, type ProviderName } from "./world.ts";

const README = fileURLToPath(new URL("../../README.md", import.meta.url));

const TITLES: Readonly<Record<ProviderName, string>> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  gemini: "Gemini",
  bedrock: "Bedrock",
};

export interface Matrix<Operation extends string> {
  /** Said at the beginning of a test: the operation works at that provider if this and all tests that say so pass. */
  proves(provider: ProviderName, ...operations: readonly Operation[]): void;
  /** The last test of the suite: README claims what was proven, all of it and no more. `npm run readme` writes it. */
  checkReadme(): void;
}

/** What one dialect's contract suite has proven in this run, and its table in README, between two comments that name it. */
export function createMatrix<Operation extends string>(
  dialect: string,
  operations: readonly Operation[],
): Matrix<Operation> {
  const passed = new Set<string>();
  const failed = new Set<string>();
  const hasProven = (operation: string, provider: string) => {
    const claim = `${operation} ${provider}`;
    return passed.has(claim) && !failed.has(claim);
  };
  return {
    proves(provider, ...proven) {
      onTestFinished(({ task }) => {
        const results = task.result?.state === "pass" ? passed : failed;
        for (const operation of proven) results.add(`${operation} ${provider}`);
      });
    },
    checkReadme() {
      test("README's table says what this suite has proven", async () => {
        expect(passed.size, "tests that prove something").toBeGreaterThan(0);
        const readme = await readFile(README, "utf8");
        const table = render(operations, hasProven);
        await expect(withTable(readme, dialect, table)).toMatchFileSnapshot(README);
      });
    },
  };
}

function render(
  operations: readonly string[],
  hasProven: (operation: string, provider: string) => boolean,
): string {
  const row = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const titles = PROVIDERS.map((provider) => TITLES[provider]);
  return [
    row(["", ...titles]),
    row(["---", ...titles.map(() => "---")]),
    ...operations.map((operation) =>
      row([
        operation,
        ...PROVIDERS.map((provider) => (hasProven(operation, provider) ? "✓" : "–")),
      ]),
    ),
  ].join("\n");
}

function withTable(readme: string, dialect: string, table: string): string {
  const [begin, end] = [`<!-- proven: ${dialect} -->`, `<!-- end: ${dialect} -->`];
  const [before, rest] = readme.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) {
    throw new Error(`README has no ${begin} … ${end}`);
  }
  return `${before}${begin}\n\n${table}\n\n${end}${after}`;
}
