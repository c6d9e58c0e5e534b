import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitForEnd } from "../support/batches.ts";
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
      const made = (await Promise.all(work.map(probeOne))).flat();
      await Promise.all(made.map((pair) => expectFailed(tenant, pair)));
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
        // A batch tells the id of a file that was sent with it, also of one that isn't there.
        const kind = path.endsWith("files") ? "file" : "batch";
        const theirs = PROVIDERS.flatMap((each) => objects.get(`${other} ${each}`)?.[kind] ?? []);
        expect(theirs.length).toBeGreaterThan(10);
        expect(theirs.filter((id) => answer.text.includes(`"${id}"`))).toEqual([]);
      }
    }
  }
});

test("after all that both tenants have what they had, nothing was changed at a provider, and there was much to ask", async () => {
  for (const { name } of TENANTS) {
    const now = new Set(await stateOf(world, name));
    const had = before.get(name) ?? [];
    expect(had.length).toBeGreaterThan(50);
    expect(had.filter((row) => !now.has(row))).toEqual([]);
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

interface ProbeWork {
  readonly tenant: (typeof TENANTS)[number];
  readonly provider: ProviderName;
  readonly operation: Operation;
  readonly id: string;
  readonly naming: (typeof NAMINGS)[number];
}

/** A batch that was made for an id of another's, and one for an id that nobody has. */
interface MadePair {
  readonly what: string;
  readonly theirs: Answer;
  readonly control: Answer;
}

/** The answer is the very one that an id gets which nobody has: status, headers and every word of the body. */
async function probeOne({
  tenant,
  provider,
  operation,
  id,
  naming,
}: ProbeWork): Promise<readonly MadePair[]> {
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
  return theirs.status === 200 && theirs.made !== null ? [{ what, theirs, control }] : [];
}

/** A batch that names what isn't there is made, and fails before anything is sent, in the same words. */
async function expectFailed(
  tenant: ProbeWork["tenant"],
  { what, theirs, control }: MadePair,
): Promise<void> {
  const client = world.openai({ apiKey: tenant.apiKey });
  const ended = [];
  for (const { made, id } of [theirs, control]) {
    const batch = await waitForEnd(client, made ?? "");
    expect([what, batch.status]).toEqual([what, "failed"]);
    expect(batch.errors?.data?.[0]?.code).toMatch(/^(?:file_not_found|invalid_request)$/);
    ended.push(plain(JSON.stringify(batch), { id, made }));
  }
  expect([what, ended[0]]).toEqual([what, ended[1]]);
}

interface Answer {
  /** That was asked for. */
  readonly id: string;
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly text: string;
  /** The id of the batch that a create made. */
  readonly made: string | null;
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
  const text = await response.text();
  const made: unknown = Object(JSON.parse(text))["id"];
  return {
    id,
    status: response.status,
    headers: [...response.headers],
    text,
    made: typeof made === "string" ? made : null,
  };
}

/** Of one answer alone. */
const OWN_HEADERS: ReadonlySet<string> = new Set(["date", "request-id", "x-request-id"]);

/** All that an answer says, but for what each answer has of its own. */
function shapeOf(answer: Answer): unknown {
  const { status, headers, text } = answer;
  const told = headers.filter(([name]) => !OWN_HEADERS.has(name));
  return { status, headers: told, text: plain(text, answer) };
}

/** Without the id that was asked for, ids that were made, and times. */
function plain(text: string, { id, made }: Pick<Answer, "id" | "made">): string {
  const without = hidden(text, id)
    .replaceAll(/"request_id":"[^"]*"/g, "REQUEST")
    // Of requests that came inside the create.
    .replaceAll(/"input_file_id":"file-[0-9a-z]{26}"/g, "INPUT")
    .replaceAll(/:1[6-9]\d{8}\b/g, ":TIME")
    .replaceAll(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, "TIME");
  if (made === null) return without;
  return without.replaceAll(made, "MADE").replaceAll(made.replace(/^[a-z]+_/, ""), "MADE");
}

/** Errors show the beginning of a long id. */
function hidden(text: string, id: string): string {
  const page = `page_${Buffer.from(id).toString("base64url")}`;
  return [page, id]
    .flatMap((each) => [each, each.slice(0, 100), each.slice(0, 80)])
    .reduce((all, each) => all.replaceAll(JSON.stringify(each).slice(1, -1), "ID"), text);
}
