import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { createLog } from "../../src/server/log.ts";
import { createRedactor } from "../../src/server/redactor.ts";
import { startServer } from "./start-server.ts";

const CONFIGURED = 'config/ured+key=42 with "quotes" and \\ slashes';

function logged(secrets: readonly string[], write: (log: ReturnType<typeof createLog>) => void) {
  const lines: string[] = [];
  const redactor = createRedactor(secrets);
  const destination = { write: (line: string) => lines.push(line) };
  const log = createLog({
    log: { level: "debug", format: "json" },
    redactor,
    destination,
    now: Date.now,
  });
  write(log);
  return lines.join("");
}

describe("a line of the log holds no secret", () => {
  test.each<
    readonly [where: string, line: readonly [fields: object, message: string], secret: string]
  >([
    ["in the message", [{}, `tried ${CONFIGURED} in vain`], CONFIGURED],
    ["in a field", [{ url: `https://x/?k=${CONFIGURED}` }, "m"], CONFIGURED],
    [
      "percent-encoded",
      [{ url: `https://x/?k=${encodeURIComponent(CONFIGURED)}` }, "m"],
      encodeURIComponent(CONFIGURED),
    ],
    ["deep inside", [{ a: [{ b: { c: `x${CONFIGURED}x` } }] }, "m"], CONFIGURED],
    ["in the name of a field", [{ [CONFIGURED]: 1 }, "m"], CONFIGURED],
    ["in an error", [{ error: new Error(`401 for ${CONFIGURED}`) }, "m"], CONFIGURED],
    [
      "in the cause of an error",
      [{ error: new Error("a", { cause: new Error(CONFIGURED) }) }, "m"],
      CONFIGURED,
    ],
    [
      "in a field of an error",
      [{ error: Object.assign(new Error("a"), { headers: { authorization: "hunter-one" } }) }, "m"],
      "hunter-one",
    ],
    ["authorization", [{ headers: { authorization: "hunter-two" } }, "m"], "hunter-two"],
    ["Authorization, in a list", [{ Authorization: ["hunter-three"] }, "m"], "hunter-three"],
    ["x-api-key", [{ "x-api-key": "hunter-four" }, "m"], "hunter-four"],
    ["x-goog-api-key", [{ headers: { "X-Goog-Api-Key": "hunter-five" } }, "m"], "hunter-five"],
    ["api_key", [{ provider: { api_key: "hunter-six" } }, "m"], "hunter-six"],
    ["cookie", [{ "set-cookie": ["hunter-seven"] }, "m"], "hunter-seven"],
    [
      "an object under such a name",
      [{ credentials: { id: 1, value: "hunter-eight" } }, "m"],
      "hunter-eight",
    ],
    ["a key of OpenAI", [{}, "key sk-proj-abcDEF123456_xyz is wrong"], "sk-proj-abcDEF123456_xyz"],
    ["a key of Anthropic", [{ text: "sk-ant-api03-AAAA-bbbb" }, "m"], "sk-ant-api03-AAAA-bbbb"],
    [
      "a key of Google",
      [{ text: "key=AIzaSyA1234567890abcdefg" }, "m"],
      "AIzaSyA1234567890abcdefg",
    ],
    [
      "a key of AWS",
      [{ text: "Credential=AKIAIOSFODNN7EXAMPLE/2026" }, "m"],
      "AKIAIOSFODNN7EXAMPLE",
    ],
    ["a bearer of anything", [{ text: 'header "Bearer hunter-nine" sent' }, "m"], "hunter-nine"],
  ])("%s", (_, [fields, message], secret) => {
    const text = logged([CONFIGURED], (log) => log.info(fields, message));
    expect(text).toContain("[redacted]");
    expect(text).not.toContain(secret);
    expect(text).not.toContain(JSON.stringify(secret).slice(1, -1));
    expect(JSON.parse(text)).toMatchObject({ level: "info", time: expect.any(String) });
  });

  test("and keeps what is none", () => {
    const fields = {
      inputTokens: 12,
      max_tokens: 5,
      total_tokens: 17,
      key: "batch:abc",
      status: 200,
    };
    const text = logged([CONFIGURED], (log) => log.info(fields, "counted"));
    expect(JSON.parse(text)).toMatchObject({ ...fields, message: "counted" });
  });
});

describe("a key that a client brought", () => {
  const line = { method: "GET", route: "/v1/files", message: "served" };

  test("is taken out wherever it turns up", () => {
    const redactor = createRedactor([]);
    redactor.remember("my-own-key-of-2026");
    expect(redactor.redact({ text: "no my-own-key-of-2026 here" })).toEqual({
      text: "no [redacted] here",
    });
  });

  test.each([
    "GET",
    "served",
    "/v1/files",
    "a",
    "",
    'x":1,"method":"12345',
    "message 1234567",
    "x".repeat(5000),
  ])("can't be a word (%j) that blots out our own", (key) => {
    const redactor = createRedactor([]);
    redactor.remember(key);
    expect(redactor.redact(line)).toEqual(line);
  });

  test("is forgotten after many others", () => {
    const redactor = createRedactor([]);
    for (let index = 0; index < 1000; index += 1) redactor.remember(`clients-own-${index}`);
    expect(redactor.redactText("clients-own-999")).toBe("[redacted]");
    expect(redactor.redactText("clients-own-0")).toBe("clients-own-0");
  });
});

test("whatever clients do with keys, and whatever routes throw and log with them, none is written", async () => {
  const keys = {
    authorization: "own-key-0001-of-a-client",
    "x-api-key": "own-key-0002-of-a-client",
    "api-key": "own-key-0003-of-a-client",
    "x-goog-api-key": "own-key-0004-of-a-client",
  };
  const inQuery = "own-key-0005-of-a-client";
  const configured = "configured-key-0006";
  await using server = await startServer({
    config: { log: { level: "debug" } },
    secrets: [configured],
    routes: (app) => {
      app.get("/throw", (request) => {
        request.log.debug(
          { request: { headers: request.headers, query: request.query } },
          request.url,
        );
        throw new Error(`${request.url} with ${inspect(request.headers)} and ${configured}`);
      });
      app.get("/files/:id", ({ params }, reply) => reply.send(params ?? {}));
    },
  });
  const headers = { ...keys, authorization: `Bearer ${keys.authorization}` };
  for (const path of [
    "/loud/throw",
    "/loud/nothing",
    `/loud/files/${configured}`,
    "/loud/files/%zz",
  ]) {
    await fetch(`${server.url}${path}?key=${inQuery}&x=${configured}`, { headers });
  }
  const bare = await fetch(`${server.url}/loud/throw`, {
    headers: { authorization: keys.authorization },
  });
  expect(await bare.text()).not.toContain("own-key");
  await expect
    .poll(() => server.lines.filter((line) => line.includes('"served"')), { timeout: 20_000 })
    .toHaveLength(5);
  const text = server.lines.join("");
  expect(text).toContain("[redacted]");
  for (const key of [...Object.values(keys), inQuery, configured]) expect(text).not.toContain(key);
});
