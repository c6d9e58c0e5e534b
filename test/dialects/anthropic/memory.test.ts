import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { request } from "undici";
import { expect, test } from "vitest";
import { anthropicDialect } from "../../../src/dialects/anthropic/anthropic.ts";
import { startDialectHost } from "../../support/dialect-host.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const MIB = 1024 * 1024;
const ITEMS = 50_000;
const TEXT = `${"The quick brown fox. ".repeat(200)}\\n`;
const itemOf = (index: number) =>
  `{"custom_id":"request-${index}","params":{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"${TEXT}"}]}}`;

test("a batch of 200 MB passes through, and next to nothing of it is held", async () => {
  await using host = await startDialectHost([anthropicDialect]);
  const wanted = createHash("sha256");
  const got = createHash("sha256");
  let received = 0;
  let held = 0;
  collect();
  const before = process.memoryUsage();
  // As a blob store: it holds nothing, and looks at what is there every few megabytes.
  host.gateway.receive = async (content) => {
    let next = 0;
    for await (const chunk of content) {
      got.update(chunk);
      received += chunk.length;
      if (received < next) continue;
      next = received + 8 * MIB;
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      held = Math.max(held, heapUsed - before.heapUsed + arrayBuffers - before.arrayBuffers);
    }
    return { blob: "b", bytes: received, sha256: "", lines: ITEMS };
  };
  async function* body() {
    yield '{"requests":[';
    for (let index = 0; index < ITEMS; index += 10) {
      const items = Array.from({ length: 10 }, (_, offset) => itemOf(index + offset));
      wanted.update(`${items.join("\n")}\n`);
      yield `${index === 0 ? "" : ","}${items.join(",")}`;
    }
    yield "]}";
  }
  const answer = await request(`${host.url}/anthropic/v1/messages/batches`, {
    method: "POST",
    headers: { "anthropic-version": "2023-06-01", "content-type": "application/json" },
    body: Readable.from(body()),
  });
  expect([answer.statusCode, await answer.body.json()]).toMatchObject([
    200,
    { type: "message_batch" },
  ]);
  expect(received).toBeGreaterThan(200 * MIB);
  expect(got.digest("hex")).toBe(wanted.digest("hex"));
  // The ids, the streams on both sides, and the client, which lives in this process too.
  expect(held).toBeGreaterThan(0);
  expect(held).toBeLessThan(24 * MIB);
});
