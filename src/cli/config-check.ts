import { describeConfig } from "../config/describe-config.ts";
import { type ConfigSource, loadConfig } from "../config/load.ts";
import { reportFailure } from "./report-failure.ts";

/** Prints every setting that isn't at its default, secrets as such, or what is wrong. */
export async function checkConfig(source: ConfigSource): Promise<void> {
  try {
    const { config, file } = await loadConfig(source);
    console.log(file === null ? "No crossbatch.yaml; the environment alone." : `Read ${file}.`);
    for (const line of describeConfig(config)) console.log(line);
    console.log("The configuration is good.");
  } catch (error) {
    reportFailure(error, []);
  }
}
