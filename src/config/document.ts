import { namedProviders } from "./provider-entries.ts";
import { virtualKeySchema } from "./virtual-keys.ts";
import { z } from "zod";
import {
  defaultOf,
  metaOf,
  SETTINGS,
  type Setting,
  settingsOf,
  snakeCase,
  withoutWrappers,
  yamlName,
} from "./setting.ts";

/** The text of docs/configuration.md; a test holds the file to it. */
export function documentConfiguration(): string {
  const groups = Map.groupBy(SETTINGS, ({ path }) => yamlName(path.slice(0, -1)));
  const parts = [INTRODUCTION];
  for (const [name, settings] of groups) {
    parts.push(`## ${titleOf(name)}`, tableOf(settings));
  }
  parts.push(VIRTUAL_KEYS, tableOf(settingsOf(virtualKeySchema, ["virtualKeys", "(each)"])));
  parts.push(NAMED_PROVIDERS);
  for (const option of namedProviders.options) {
    const settings = settingsOf(option, ["providers", "(any name)"]);
    parts.push(`### kind: ${kindOf(settings)}`, tableOf(settings));
  }
  return `${parts.join("\n\n")}\n`;
}

const INTRODUCTION = `<!-- Written by \`crossbatch config document\`; edit the schema in src/config instead. -->

# Configuration

Everything can be left out: \`npm start\` listens on http://127.0.0.1:8080 and keeps its data in \`.crossbatch\`.

- Settings come from the environment and from a file \`crossbatch.yaml\`: the one that \`CROSSBATCH_CONFIG\` names, else the one in
  the working directory, if there is one. **Where both set a value, the environment wins.** An empty variable counts as not set.
- In the file, \`\${NAME}\` stands for that variable of the environment, which then must be set; \`$\${\` stands for \`\${\` itself.
- An unknown key of the file, an unknown \`CROSSBATCH_…\` variable and a bad value are refused at start: each with its name and what
  would be right, all at once, and never with the value of a secret. \`crossbatch config check\` says the same without starting.
- Yes or no is \`true\` or \`false\` (also \`yes\`, \`no\`, \`on\`, \`off\`, \`1\`, \`0\`). Sizes are bytes, or such texts as \`64MiB\` and \`500MB\`.
- Without virtual keys, whoever reaches the gateway can use it with the provider keys it was given. So it refuses to listen on anything but a
  loopback address unless there are \`virtual_keys\`, \`CROSSBATCH_REQUIRE_KEYS=true\` says that they come from the database, or
  \`CROSSBATCH_ALLOW_OPEN=true\` says that an open gateway is meant.
- AWS credentials come from where AWS's own tools take them: \`AWS_ACCESS_KEY_ID\` and \`AWS_SECRET_ACCESS_KEY\`, a profile, or the machine's role.
- In Kubernetes, variables that a service named \`crossbatch\` puts into every pod (\`CROSSBATCH_PORT=tcp://…\`, \`CROSSBATCH_SERVICE_HOST\`, …) are passed over.

\`\`\`yaml
# crossbatch.yaml
port: 9000
limits:
  file_bytes: 1GiB
providers:
  openai:
    api_key: \${MY_OPENAI_KEY}
  groq:
    kind: openai
    base_url: https://api.groq.com/openai/v1
    api_key: \${GROQ_API_KEY}
\`\`\``;

const VIRTUAL_KEYS = `## virtual_keys

A list of keys that the gateway gives out itself. Clients send one as \`Authorization: Bearer\`, \`x-api-key\` or \`x-goog-api-key\`; it never goes to a
provider. Keys made by \`crossbatch keys create\` are kept in the database, as hashes, and take the same settings.

\`\`\`yaml
virtual_keys:
  - name: search
    key: \${SEARCH_TEAM_KEY}
    providers: [openai, anthropic]
    models: [gpt-5-mini*, claude-haiku-*]
    lines_per_day: 100000
\`\`\``;

const NAMED_PROVIDERS = `## providers.(any name)

Any number of further hosts, under names of small letters, digits, \`-\` and \`_\`. A client names one as it names the built-in ones.
\`kind\` says which API the host speaks, and with it which settings there are.`;

function titleOf(group: string): string {
  return group === "" ? "Gateway" : group;
}

function kindOf(settings: readonly Setting[]): string {
  const kind = settings.find(({ path }) => path.at(-1) === "kind");
  const literal = kind === undefined ? null : withoutWrappers(kind.schema);
  return literal instanceof z.ZodLiteral ? [...literal.values].join(", ") : "";
}

function tableOf(settings: readonly Setting[]): string {
  const open = settings.filter(({ schema }) => !(withoutWrappers(schema) instanceof z.ZodLiteral));
  const rows = open.map((setting) => {
    const { path, environment, description, schema } = setting;
    const variables = environment.map((name) => `\`${name}\``).join(", ");
    const cells = [
      `\`${snakeCase(path.at(-1) ?? "")}\``,
      variables,
      showDefault(setting),
      `${description} ${valuesOf(schema)}`,
    ];
    return `| ${cells.map((cell) => cell.trim()).join(" | ")} |`;
  });
  return ["| key | variable | default | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function showDefault({ schema }: Setting): string {
  const value = defaultOf(schema);
  if (value === undefined) return "*required*";
  if (value === null) return "";
  const isBytes = metaOf(withoutWrappers(schema))["unit"] === "bytes";
  return `\`${isBytes && typeof value === "number" ? showBytes(value) : showValue(value)}\``;
}

function showValue(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function showBytes(bytes: number): string {
  const units = ["", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  let amount = bytes;
  while (amount % 1024 === 0 && unit < units.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return `${amount}${units[unit]}`;
}

/** What the schema says to a value that is certainly wrong. */
function valuesOf(schema: z.core.$ZodType): string {
  const [issue] = z.safeParse(schema, "\u0001").error?.issues ?? [];
  const rule = issue?.message.replace(/^must be /, "").replace(/,? (?:or such|\(also).*/, "") ?? "";
  return rule === "" ? "" : `*${rule.charAt(0).toUpperCase()}${rule.slice(1)}.*`;
}
