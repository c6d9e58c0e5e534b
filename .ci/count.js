// Adds up the reports of the test runners and prints the closing line. Exits 1 if a test or a step failed, or nothing ran.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

const [folder = ".", failedSteps = "0"] = process.argv.slice(2);
let passed = 0;
let failed = 0;

const vitest = join(folder, "vitest.json");
if (existsSync(vitest)) {
  const report = JSON.parse(readFileSync(vitest, "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.testResults.filter((file) => file.status === "failed" && file.assertionResults.length === 0).length;
}

const pytest = join(folder, "pytest.xml");
if (existsSync(pytest)) {
  const suite = /<testsuite [^>]*>/.exec(readFileSync(pytest, "utf8"))?.[0] ?? "";
  const count = (name) => Number(new RegExp(` ${name}="(\\d+)"`).exec(suite)?.[1] ?? 0);
  passed += count("tests") - count("failures") - count("errors") - count("skipped");
  failed += count("failures") + count("errors");
}

// A step that failed without a failed test (a lint error, a missing report) is a failure too.
if (failed === 0) failed += Number(failedSteps);
if (!existsSync(vitest) || !existsSync(pytest) || passed === 0) failed += failed === 0 ? 1 : 0;
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
