import type { Client, Visitor } from "./client.ts";
import type { GatewayError } from "./errors.ts";
import type { FormatName } from "./format.ts";
import type { Gateway } from "./gateway.ts";
import type { Json } from "./json.ts";
import type { Log, Telemetry } from "./telemetry.ts";

/**
 * What a client SDK speaks to us over HTTP. `Plugin` is the web framework's word for a set of routes, which the core
 * doesn't know: a dialect exports a `Dialect<FastifyPluginAsync>`.
 */
export interface Dialect<Plugin = unknown> {
  readonly name: string;
  readonly format: FormatName;
  /** The provider that is meant where nothing names one. */
  readonly provider: string;
  /** Path prefixes without a slash at the end, each with the same routes below it: `/openai/v1`. */
  readonly mount: readonly string[];
  /**
   * The routes, relative to a prefix. The host reads JSON, renders whatever they throw and answers unknown paths. A call's
   * signal is `clientSignal(reply.raw)` of lib.
   */
  routes(services: DialectServices): Plugin;
  /** Pure. `requestId` is for error shapes that have room for it. */
  renderError(error: GatewayError, requestId: string): RenderedError;
}

export interface RenderedError {
  readonly status: number;
  /** Lower case, beyond the content type: `x-should-retry`, `retry-after`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Json;
}

/** What a dialect's routes stand on. */
export interface DialectServices {
  readonly gateway: Gateway;
  /** Throws `unauthorized` if the visitor may not come in, `rate_limited` if it came too often. */
  identify(visitor: Visitor): Promise<Client>;
  readonly limits: DialectLimits;
  /** The address under which clients reach us, never with a slash at the end, or `relative`; null: as the request says. */
  readonly publicUrl: string | null;
  readonly telemetry: Telemetry;
  readonly log: Log;
  readonly now: () => number;
}

/** What is refused as `too_large`. The host holds JSON bodies to `jsonBytes`; forms are read by the dialect. */
interface DialectLimits {
  readonly fileBytes: number;
  readonly uploadBytes: number;
  readonly uploadPartBytes: number;
  readonly jsonBytes: number;
  /** Of a create that carries the requests of its batch; it passes through, and isn't held. */
  readonly batchBytes: number;
  /** Of one line of a batch. */
  readonly lineBytes: number;
  readonly jsonDepth: number;
  /** Of one field of a form that isn't a file. */
  readonly fieldBytes: number;
}
