import { describe, expect, test } from "vitest";
import type {
  ServerEvent,
  StreamedAnswer,
  SynchronousAnswer,
  SynchronousCalls,
} from "../../../src/core/provider.ts";
import { specProblem } from "../../support/specs.ts";
import { failure, never } from "../http-host.ts";
import { type AnthropicStage, messageOf, startAnthropicStage } from "./anthropic-stage.ts";

function callsOf(stage: AnthropicStage): SynchronousCalls {
  const { calls } = stage.provider.connect(stage.access, {});
  if (calls === undefined) throw new Error("the provider has no calls");
  return calls;
}

function requestOf(message: object) {
  const body = JSON.stringify(message);
  return { endpoint: "/v1/messages", model: null, variant: null, body };
}

async function readAll(answer: SynchronousAnswer | StreamedAnswer): Promise<ServerEvent[]> {
  if (answer.kind === "whole") throw new Error(`it came whole: ${answer.body}`);
  const all: ServerEvent[] = [];
  for await (const event of answer.events) all.push(event);
  return all;
}

describe("a message at once", () => {
  test("is answered as Anthropic answers", async () => {
    await using stage = await startAnthropicStage();
    const request = requestOf(messageOf("Say hello."));
    const answer = await callsOf(stage).send(request, never);
    expect(answer).toMatchObject({ kind: "whole", status: 200, retryAfterSeconds: null });
    expect(answer.requestId).toMatch(/^req_/);
    expect(specProblem("anthropic", "Message", JSON.parse(answer.body))).toBeNull();
    expect(stage.emulator.control.journal()).toMatchObject([{ body: request.body }]);
  });

  test.each([400, 401, 429, 500, 529])(
    "is answered with %d and isn't asked again",
    async (status) => {
      await using stage = await startAnthropicStage();
      const { control } = stage.emulator;
      control.inject({ kind: "status", status, retryAfterSeconds: 3, path: "/messages$" });
      const answer = await callsOf(stage).send(requestOf(messageOf("Say hello.")), never);
      expect(answer).toMatchObject({ kind: "whole", status, retryAfterSeconds: 3 });
      expect(answer.requestId).toMatch(/^req_/);
      expect(specProblem("anthropic", "ErrorResponse", JSON.parse(answer.body))).toBeNull();
      expect(control.journal()).toHaveLength(1);
    },
  );

  test("is no answer and isn't asked again after a lost reply", async () => {
    await using stage = await startAnthropicStage();
    stage.emulator.control.inject({ kind: "lostReply", path: "/messages$" });
    const error = await failure(callsOf(stage).send(requestOf(messageOf("Say hello.")), never));
    expect(error.code).toBe("upstream_unavailable");
    expect(stage.emulator.control.journal()).toHaveLength(1);
  });
});

describe("a message piece by piece", () => {
  const message = { ...messageOf("Say hello."), stream: true };

  test("comes in Anthropic's own events, up to the last", async () => {
    await using stage = await startAnthropicStage();
    const answer = await callsOf(stage).stream(requestOf(message), never);
    expect(answer.requestId).toMatch(/^req_/);
    const events = await readAll(answer);
    expect(events.at(0)?.event).toBe("message_start");
    expect(events.at(-1)).toEqual({ event: "message_stop", data: '{"type":"message_stop"}' });
    const names = events.map(({ data }) => JSON.parse(data).type);
    expect(names).toEqual(events.map(({ event }) => event));
    expect(names).toContain("content_block_delta");
  });

  test("comes whole where it is refused", async () => {
    await using stage = await startAnthropicStage();
    stage.emulator.control.inject({ kind: "status", status: 529, path: "/messages$" });
    const answer = await callsOf(stage).stream(requestOf(message), never);
    expect(answer).toMatchObject({ kind: "whole", status: 529 });
  });

  test("that breaks off is an error after what came before", async () => {
    await using stage = await startAnthropicStage();
    stage.emulator.control.inject({ kind: "cutOff", path: "/messages$", afterBytes: 700 });
    const answer = await callsOf(stage).stream(requestOf(message), never);
    const error = await failure(readAll(answer));
    expect(error.code).toBe("upstream_unavailable");
  });
});
