import type { Environment } from "./environment.ts";
import type { Config } from "./schema.ts";

/** Every secret that the gateway was started with, so that what it writes can be searched for them. */
export function secretsOf(config: Config, environment: Environment): readonly string[] {
  return [
    config.secretKey,
    config.adminToken,
    config.databaseUrl,
    passwordOf(config.databaseUrl),
    ...Object.values(config.providers).map((entry) => ("apiKey" in entry ? entry.apiKey : null)),
    ...Object.values(config.providers).flatMap((entry) =>
      "apiKeys" in entry ? entry.apiKeys.map(({ key }) => key) : [],
    ),
    ...config.virtualKeys.map(({ key }) => key),
    environment["AWS_SECRET_ACCESS_KEY"],
    environment["AWS_SESSION_TOKEN"],
  ].filter((secret) => secret !== null && secret !== undefined);
}

function passwordOf(address: string | null): string | null {
  const password = address === null ? undefined : URL.parse(address)?.password;
  return password === undefined || password === "" ? null : decodeURIComponent(password);
}
