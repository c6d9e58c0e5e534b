import { crc32 } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { ServerEvent, SynchronousCalls } from "../../../src/core/provider.ts";
import { type Answer, failure, never, reset, sendJson } from "../http-host.ts";
import { MODEL, startAwsStage } from "./aws-stage.ts";

type Stage = Awaited<ReturnType<typeof startAwsStage>>;

function callsOf(stage: Stage): SynchronousCalls {
  const { calls } = stage.connect();
  if (calls === undefined) throw new Error("the provider answers no calls");
  return calls;
}

function requestOf(variant: string | null, body = "{}", model: string | null = MODEL) {
  return { endpoint: "/v1/chat/completions", model, variant, body };
}

function message(headers: Readonly<Record<string, string>>, payload: string): Buffer {
  const head = Buffer.concat(
    Object.entries(headers).map(([name, value]) => {
      const length = Buffer.alloc(3);
      length.writeUInt8(7, 0);
      length.writeUInt16BE(Buffer.byteLength(value), 1);
      return Buffer.concat([
        Buffer.from([name.length]),
        Buffer.from(name),
        length,
        Buffer.from(value),
      ]);
    }),
  );
  const bytes = Buffer.alloc(16 + head.length + Buffer.byteLength(payload));
  bytes.writeUInt32BE(bytes.length, 0);
  bytes.writeUInt32BE(head.length, 4);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, 8)), 8);
  head.copy(bytes, 12);
  bytes.write(payload, 12 + head.length);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

const event = (type: string, payload: unknown) =>
  message({ ":message-type": "event", ":event-type": type }, JSON.stringify(payload));

/** In pieces that end anywhere. */
function sendStream(...messages: readonly Buffer[]): Answer {
  return async (response) => {
    response.writeHead(200, { "content-type": "application/vnd.amazon.eventstream" });
    const whole = Buffer.concat(messages);
    for (let start = 0; start < whole.length; start += 37) {
      response.write(whole.subarray(start, start + 37));
      await new Promise(setImmediate);
    }
    response.end();
  };
}

async function streamOf(stage: Stage, variant: string | null): Promise<readonly ServerEvent[]> {
  const answer = await callsOf(stage).stream(requestOf(variant), never);
  if (answer.kind !== "events") throw new Error(`it is ${answer.kind}`);
  const events: ServerEvent[] = [];
  for await (const each of answer.events) events.push(each);
  return events;
}

describe("a call is answered at once", () => {
  test.each([
    [null, "invoke"],
    ["InvokeModel", "invoke"],
    ["Converse", "converse"],
  ])("the variant %s goes to %s, byte for byte, and so comes the answer", async (variant, path) => {
    const answer = '{"b": 1.0, "a":"\\u00fc",  "bytes": "AAEC"}';
    await using stage = await startAwsStage({
      answers: [sendJson(answer, 200, { "x-amzn-requestid": "request-1" })],
    });
    const body = '{"z": 1e2,"a" :"ü","source":{"bytes":"AAEC"}}';
    const model = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.nova";
    const got = await callsOf(stage).send(requestOf(variant, body, model), never);
    expect(got).toEqual({
      kind: "whole",
      status: 200,
      requestId: "request-1",
      retryAfterSeconds: null,
      body: answer,
    });
    expect(stage.host.seen).toHaveLength(1);
    expect(stage.host.seen[0]).toMatchObject({
      method: "POST",
      url: `/v1/model/${encodeURIComponent(model)}/${path}`,
      body,
      headers: { "content-type": "application/json" },
    });
    expect(stage.deps.calls).toMatchObject([{ provider: "bedrock", operation: path, status: 200 }]);
  });

  test.each([
    ["ValidationException", 400, 400],
    ["ServiceQuotaExceededException", 400, 429],
    ["ConflictException", 400, 409],
    ["ThrottlingException", 429, 429],
    ["AccessDeniedException", 403, 403],
    ["ModelTimeoutException", 408, 408],
    ["InternalServerException", 500, 500],
    ["ServiceUnavailableException", 503, 503],
  ])("%s, which AWS sends as %d, is an answer with status %d and AWS's words", async (...row) => {
    const [type, sent, status] = row;
    await using stage = await startAwsStage({
      answers: [
        sendJson('{"message":"Why."}', sent, {
          "x-amzn-errortype": `${type}:http://internal`,
          "retry-after": "7",
        }),
      ],
    });
    const calls = callsOf(stage);
    const whole = await calls.send(requestOf(null), never);
    for (const answer of [whole, await calls.stream(requestOf(null), never)]) {
      expect(answer).toMatchObject({
        kind: "whole",
        status,
        retryAfterSeconds: 7,
        body: '{"message":"Why."}',
      });
    }
    expect(stage.host.seen).toHaveLength(2);
  });

  test("what AWS says of refused credentials isn't passed on: it quotes them", async () => {
    await using stage = await startAwsStage({
      answers: [
        sendJson({ message: "should have been x-amz-security-token:SECRET" }, 403, {
          "x-amzn-errortype": "InvalidSignatureException",
        }),
      ],
    });
    const answer = await callsOf(stage).send(requestOf("Converse"), never);
    expect(answer.status).toBe(401);
    expect(answer.body).not.toContain("SECRET");
  });

  test("a call without an answer is an error, and is not sent again", async () => {
    await using stage = await startAwsStage({ answers: [reset] });
    const error = await failure(callsOf(stage).send(requestOf(null), never));
    expect(error.code).toBe("upstream_unavailable");
    expect(error.details.notSent).toBeUndefined();
    expect(stage.host.seen).toHaveLength(1);
  });

  test("without a model nothing is sent", async () => {
    await using stage = await startAwsStage();
    const error = await failure(callsOf(stage).send(requestOf(null, "{}", null), never));
    expect(error).toMatchObject({ code: "invalid_request", details: { notSent: true } });
    expect(stage.host.seen).toEqual([]);
  });

  test("an aborted call ends with the reason of the abort", async () => {
    const controller = new AbortController();
    const reason = new Error("the client has gone");
    await using stage = await startAwsStage({ answers: [() => controller.abort(reason)] });
    const call = callsOf(stage).send(requestOf(null), controller.signal);
    await expect(call).rejects.toBe(reason);
  });
});

describe("a call is answered event by event", () => {
  test("what InvokeModel streams is what the model's own API would", async () => {
    const chunks = ['{"type":"message_start"}', '{"type":"content","text":"größe"}'];
    await using stage = await startAwsStage({
      answers: [
        sendStream(
          ...chunks.map((chunk) =>
            event("chunk", { bytes: Buffer.from(chunk).toString("base64"), p: "abc" }),
          ),
        ),
      ],
    });
    expect(await streamOf(stage, null)).toEqual(chunks.map((data) => ({ event: null, data })));
    expect(stage.host.seen[0]?.url).toMatch(/\/invoke-with-response-stream$/);
  });

  test("what Converse streams keeps its names and its JSON", async () => {
    const delta = { contentBlockIndex: 0, delta: { text: "hé" }, p: "ab", later: { x: 1 } };
    await using stage = await startAwsStage({
      answers: [
        sendStream(event("messageStart", { role: "assistant" }), event("contentBlockDelta", delta)),
      ],
    });
    expect(await streamOf(stage, "Converse")).toEqual([
      { event: "messageStart", data: '{"role":"assistant"}' },
      { event: "contentBlockDelta", data: JSON.stringify(delta) },
    ]);
    expect(stage.host.seen[0]?.url).toMatch(/\/converse-stream$/);
  });

  test("an exception within is an error", async () => {
    await using stage = await startAwsStage({
      answers: [
        sendStream(
          event("messageStart", { role: "assistant" }),
          message(
            { ":message-type": "exception", ":exception-type": "throttlingException" },
            '{"message":"Slower."}',
          ),
        ),
      ],
    });
    const error = await failure(streamOf(stage, "Converse"));
    expect(error).toMatchObject({
      code: "upstream_rate_limited",
      message: expect.stringContaining("ThrottlingException: Slower."),
    });
  });

  test.each([
    ["ends within a message", event("messageStop", {}).subarray(0, -3)],
    [
      "has a wrong checksum",
      Buffer.from(event("messageStop", {}).map((byte, at) => (at === 20 ? byte ^ 1 : byte))),
    ],
    ["isn't one", Buffer.from("data: {}\n\ndata: {}\n\n")],
  ])("a stream that %s is an error", async (_, bytes) => {
    await using stage = await startAwsStage({ answers: [sendStream(bytes)] });
    expect((await failure(streamOf(stage, "Converse"))).code).toBe("upstream_unavailable");
  });
});
