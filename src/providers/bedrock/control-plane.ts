import type {
  CreateModelInvocationJobCommandInput,
  ListModelInvocationJobsCommandInput,
} from "@aws-sdk/client-bedrock";
import { z } from "zod";
import { GatewayError } from "../../core/errors.ts";
import { withDeadline } from "../../lib/deadline.ts";
import type { Aws } from "./aws.ts";
import { toBedrockError } from "./errors.ts";
import { type WireJob, wireJob } from "./wire.ts";

const CALL_MILLISECONDS = 60_000;

/** The four calls about batch jobs, in one region. */
export interface ControlPlane {
  readonly region: string;
  /** The new job's ARN. Sent once: only so does a refusal prove that nothing was made. */
  create(input: CreateModelInvocationJobCommandInput, signal: AbortSignal): Promise<string>;
  get(id: string, signal: AbortSignal): Promise<WireJob>;
  list(input: ListModelInvocationJobsCommandInput, signal: AbortSignal): Promise<JobPage>;
  stop(id: string, signal: AbortSignal): Promise<void>;
}

interface JobPage {
  readonly jobs: readonly WireJob[];
  readonly next: string | null;
}

type Options = { readonly abortSignal: AbortSignal };

export function createControlPlane(
  aws: Aws,
  region: string,
  { provider, now }: { readonly provider: string; readonly now: () => number },
): ControlPlane {
  async function call<Answer>(
    name: string,
    signal: AbortSignal,
    send: (options: Options) => Promise<Answer>,
  ): Promise<Answer> {
    const seconds = CALL_MILLISECONDS / 1_000;
    const late = () =>
      new GatewayError(
        "upstream_timeout",
        `${provider} didn't answer ${name} within ${seconds} s.`,
      );
    try {
      return await withDeadline({ milliseconds: CALL_MILLISECONDS, late }, signal, (abortSignal) =>
        send({ abortSignal }),
      );
    } catch (error) {
      signal.throwIfAborted();
      throw toBedrockError(error, { provider, call: name, now: now() });
    }
  }

  function read<Value>(schema: z.ZodType<Value>, answer: unknown, name: string): Value {
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0]?.path.join(".") ?? "the whole";
    throw new GatewayError(
      "upstream_unavailable",
      `${provider} answered ${name} with unexpected JSON: ${where}.`,
    );
  }

  return {
    region,

    async create(input, signal) {
      const name = "CreateModelInvocationJob";
      const { sdk, client } = await aws.controlOnce(region);
      const command = new sdk.CreateModelInvocationJobCommand(input);
      const answer = await call(name, signal, async (options) => client.send(command, options));
      return read(wireJob.pick({ jobArn: true }), answer, name).jobArn;
    },

    async get(id, signal) {
      const name = "GetModelInvocationJob";
      const { sdk, client } = await aws.control(region);
      const command = new sdk.GetModelInvocationJobCommand({ jobIdentifier: id });
      return read(
        wireJob,
        await call(name, signal, async (options) => client.send(command, options)),
        name,
      );
    },

    async list(input, signal) {
      const name = "ListModelInvocationJobs";
      const { sdk, client } = await aws.control(region);
      const command = new sdk.ListModelInvocationJobsCommand(input);
      const answer = await call(name, signal, async (options) => client.send(command, options));
      const jobs = read(z.array(wireJob), answer.invocationJobSummaries ?? [], name);
      return { jobs, next: answer.nextToken ?? null };
    },

    async stop(id, signal) {
      const { sdk, client } = await aws.control(region);
      const command = new sdk.StopModelInvocationJobCommand({ jobIdentifier: id });
      await call("StopModelInvocationJob", signal, async (options) =>
        client.send(command, options),
      );
    },
  };
}
