import { nearestName } from "./nearest-name.ts";
import { SETTINGS } from "./setting.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** Where crossbatch.yaml is. */
export const CONFIG_VARIABLE = "CROSSBATCH_CONFIG";

/** A variable that is there but empty counts as not there, as composing tools write it. */
export function readVariable(environment: Environment, name: string): string | null {
  const value = environment[name];
  if (value === undefined || value.trim() === "" || isFromKubernetes(environment, name))
    return null;
  return value;
}

/** A misspelt variable would be a setting that silently isn't there. */
export function unknownVariables(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith("CROSSBATCH_") && !KNOWN.has(name))
    .filter((name) => !name.startsWith("CROSSBATCH_TEST_") && !isFromKubernetes(environment, name))
    .map((name) => {
      const own = name.replace("CROSSBATCH_", "");
      const nearest = KNOWN.has(own) ? own : nearestName(name, [...KNOWN]);
      return `${name} is no variable of the gateway${suggestion(nearest)}`;
    });
}

export function suggestion(nearest: string | null): string {
  return nearest === null
    ? "; docs/configuration.md lists all there are"
    : `; did you mean ${nearest}?`;
}

const KNOWN: ReadonlySet<string> = new Set([
  CONFIG_VARIABLE,
  ...SETTINGS.flatMap(({ environment }) => environment),
]);

/** A Kubernetes service of our name puts such variables into every pod beside it: CROSSBATCH_PORT=tcp://10.0.0.1:80. */
function isFromKubernetes(environment: Environment, name: string): boolean {
  if (environment["KUBERNETES_SERVICE_HOST"] === undefined) return false;
  if (name === "CROSSBATCH_PORT") return /^(?:tcp|udp|sctp):\/\//.test(environment[name] ?? "");
  return /^CROSSBATCH_(?:SERVICE_(?:HOST|PORT(?:_\w+)?)|PORT_\d+_(?:TCP|UDP|SCTP)(?:_\w+)?)$/.test(
    name,
  );
}
