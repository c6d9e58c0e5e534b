import { expect, test } from "vitest";
import { createConfig } from "../../src/config/schema.ts";
import { openProviders } from "../../src/providers/open-providers.ts";
import { access, createDeps, never, sendJson } from "./http-host.ts";
import { startAnthropicHost } from "./anthropic/request-check.ts";

test("Anthropic is there without being named, and as many more of its kind as are", async () => {
  await using deps = createDeps();
  await using host = await startAnthropicHost(sendJson({ data: [], has_more: false }));
  const config = createConfig({
    providers: {
      anthropic: { apiKey: "sk-ant-1" },
      claude: { kind: "anthropic", baseUrl: host.url, apiKey: "sk-ant-2" },
    },
  });
  const opened = openProviders(config, deps);
  const ours = opened.providers.filter((provider) => provider.format === "anthropic");
  expect(ours).toMatchObject([
    { name: "anthropic", configuredKey: "sk-ant-1", passThrough: true, modelPrefix: "anthropic" },
    { name: "claude", configuredKey: "sk-ant-2", passThrough: false, modelPrefix: "claude" },
  ]);
  expect(ours[1]?.limits).toEqual({
    minLines: 1,
    maxLines: 100_000,
    maxBytes: 256_000_000 - '{"requests":[]}'.length,
    oneModel: false,
    windowHours: 24,
  });
  const page = ours[1]?.connect(access(), {}).jobs?.list({ after: null, limit: 1 }, never);
  expect(await page).toEqual({ items: [], next: null });
  await opened.close();
});
