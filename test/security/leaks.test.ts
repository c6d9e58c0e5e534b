import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ANN_KEY, BEN_KEY } from "../support/secrets.ts";
import { twoTenants } from "../support/tenants.ts";
import { PROVIDERS, type ProviderName, startWorld, type World } from "../support/world.ts";
import { type Operation, OPERATIONS, type Probe } from "./operations.ts";
import { canaryOf, makeObjects, stateOf, type TenantObjects } from "./tenant-objects.ts";
import { unknownLike } from "./unknown-like.ts";

const TENANTS = [
  { name: "ann", apiKey: ANN_KEY, other: "ben" },
  { name: "ben", apiKey: BEN_KEY, other: "ann" },
] as const;

/** Naming a provider must open nothing. */
const NAMINGS = ["none", "query"] as const;

/** Routes at which no id of an object can stand. */
const WITHOUT_IDS = [
  "POST /files",
  "POST /v1/files",
  "POST /uploads",
  "GET /models",
  "GET /v1/models",
];

let world: World;
const objects = new Map<string, TenantObjects>();
let before = new Map<string, readonly string[]>();
let probes = 0;

beforeAll(async () => {
  world = await startWorld({ config: twoTenants(), minimumLines: 1 });
  for (const { name: tenant, apiKey } of TENANTS) {
    for (const provider of PROVIDERS) {
      const made = await makeObjects({ world, tenant, apiKey, provider });
      objects.set(`${tenant} ${provider}`, made);
    }
  }
  before = new Map(
    await Promise.all(TENANTS.map(async ({ name }) => [name, await stateOf(world, name)] as const)),
  );
  for (const { control } of Object.values(world.emulators)) control.clearJournal();
}, 240_000);

afterAll(() => world?.close());

const MATRIX = PROVIDERS.flatMap((provider) =>
  OPERATIONS.map((operation) => ({ provider, name: operation.name, operation })),
);

test("every route of every dialect is in the matrix", () => {
  const source = join(import.meta.dirname, "../../src/dialects");
  for (const dialect of ["openai", "anthropic"] as const) {
    const routes = globSync("*.ts", { cwd: join(source, dialect) }).flatMap((file) => {
      const text = readFileSync(join(source, dialect, file), "utf8");
      const path = /const PATH = "([^"]+)"/.exec(text)?.[1] ?? "";
      return [
        ...text.matchAll(
          /app\.(get|post|delete)(?:<\w+>)?\((?:"([^"]+)"|PATH|`\$\{PATH\}([^`]*)`)/g,
        ),
      ].map(
        ([, method = "", whole, rest]) => `${method.toUpperCase()} ${whole ?? path + (rest ?? "")}`,
      );
    });
    expect(routes.length).toBeGreaterThan(8);
    const covered = OPERATIONS.filter((each) => each.dialect === dialect).map(({ route }) => route);
    const missing = routes.filter(
      (route) => !covered.includes(route) && !WITHOUT_IDS.includes(route),
    );
    expect(missing).toEqual([]);
  }
});

describe("what is another tenant's is not there", () => {
  test.each(MATRIX)("$name, for what lies at $provider", async ({ provider, operation }) => {
    for (const tenant of TENANTS) {
      const theirs = objects.get(`${tenant.other} ${provider}`)?.[operation.kind] ?? [];
      expect(theirs.length, "there must be something to ask for").toBeGreaterThan(0);
      // A creating request names its provider itself.
      const namings = operation.place === "body" ? (["none"] as const) : NAMINGS;
      const work = theirs.flatMap((id) =>
        namings.map((naming) => ({ tenant, provider, operation, id, naming })),
      );
      await Promise.all(work.map(probeOne));
    }
  });
});

test("no list shows anything of another tenant, whichever provider is named", async () => {
  for (const { apiKey, other } of TENANTS) {
    for (const provider of ["", ...PROVIDERS]) {
      for (const path of [
        "/v1/files",
        "/v1/batches",
        "/anthropic/v1/files",
        "/anthropic/v1/messages/batches",
      ]) {
        const query = provider === "" ? "" : `?provider=${provider}`;
        const probe = { method: "GET", path: path + query };
        const answer = await send({ id: "", probe }, apiKey);
        expect(answer.status).toBe(200);
        expect(answer.text).not.toContain(canaryOf(other));
        const theirs = PROVIDERS.flatMap((each) => {
          const { file, batch } = objects.get(`${other} ${each}`) ?? { file: [], batch: [] };
          return [...file, ...batch];
        });
        expect(theirs.length).toBeGreaterThan(20);
        expect(theirs.filter((id) => answer.text.includes(`"${id}"`))).toEqual([]);
      }
    }
  }
});

test("after all that both tenants have what they had and no batch more, nothing was changed at a provider, and there was much to ask", async () => {
  for (const { name } of TENANTS) {
    const now = await stateOf(world, name);
    const had = before.get(name) ?? [];
    expect(had.length).toBeGreaterThan(50);
    // A batch that goes on meanwhile gets its results.
    expect(had.filter((row) => !now.includes(row))).toEqual([]);
    expect(batchesIn(now)).toEqual(batchesIn(had));
  }
  for (const provider of PROVIDERS) {
    const writes = world.emulators[provider].control
      .journal()
      .filter(({ method }) => method !== "GET" && method !== "HEAD");
    expect([provider, writes.map(({ method, path }) => `${method} ${path}`)]).toEqual([
      provider,
      [],
    ]);
  }
  expect((await fetch(`${world.url}/healthz`)).status).toBe(200);
  expect(probes).toBeGreaterThan(3_000);
});

function batchesIn(state: readonly string[]): readonly string[] {
  return state.filter((row) => /^(?:batches|parts) /.test(row)).toSorted();
}

interface ProbeWork {
  readonly tenant: (typeof TENANTS)[number];
  readonly provider: ProviderName;
  readonly operation: Operation;
  readonly id: string;
  readonly naming: (typeof NAMINGS)[number];
}

/** The answer is the very one that an id gets which nobody has: status, headers and every word of the body. */
async function probeOne({ tenant, provider, operation, id, naming }: ProbeWork): Promise<void> {
  const own = {
    provider,
    uploadId: objects.get(`${tenant.name} ${provider}`)?.upload[0] ?? "",
  };
  const unknown = unknownLike(id);
  const named = (probe: Probe): Probe => {
    const separator = probe.path.includes("?") ? "&" : "?";
    const query = naming === "none" ? "" : `${separator}provider=${provider}`;
    return { ...probe, path: probe.path + query };
  };
  const theirs = await send({ id, probe: named(operation.probe(id, own)) }, tenant.apiKey);
  const control = await send(
    { id: unknown, probe: named(operation.probe(unknown, own)) },
    tenant.apiKey,
  );
  probes += 2;
  const what = `${operation.name} ${id} (${naming})`;
  expect([what, shapeOf(theirs)]).toEqual([what, shapeOf(control)]);
  expect([what, hidden(theirs.text, id).includes(canaryOf(tenant.other))]).toEqual([what, false]);
  expect([what, theirs.status]).toEqual([what, expect.toBeOneOf(operation.answers)]);
}

interface Answer {
  /** That was asked for. */
  readonly id: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
}

async function send(
  { id, probe }: { readonly id: string; readonly probe: Probe },
  apiKey: string,
): Promise<Answer> {
  const { method, path, headers, body } = probe;
  const response = await fetch(world.url + path, {
    method,
    headers: { "x-api-key": apiKey, "anthropic-version": "2023-06-01", ...headers },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : new Uint8Array(body) }),
  });
  return {
    id,
    status: response.status,
    headers: [...response.headers],
    text: await response.text(),
  };
}

/** Of one answer alone. */
const OWN_HEADERS: ReadonlySet<string> = new Set(["date", "request-id", "x-request-id"]);

/** All that an answer says, but for what each answer has of its own. */
function shapeOf({ id, status, headers, text }: Answer): unknown {
  const told = headers.filter(([name]) => !OWN_HEADERS.has(name));
  const plain = hidden(text, id).replaceAll(/"request_id":"[^"]*"/g, "REQUEST");
  return { status, headers: told, text: plain };
}

/** Errors show the beginning of a long id. */
function hidden(text: string, id: string): string {
  const page = `page_${Buffer.from(id).toString("base64url")}`;
  return [page, id]
    .flatMap((each) => [each, each.slice(0, 100), each.slice(0, 80)])
    .reduce((all, each) => all.replaceAll(JSON.stringify(each).slice(1, -1), "ID"), text);
}
