import { Agent, buildConnector } from "undici";

export interface AgentSettings {
  readonly connectSeconds?: number;
  /** At one time, to one host. */
  readonly connections?: number;
}

/** No connection came about, so nothing was sent: refused, no such host, no route, a bad certificate, too slow. */
export class ConnectError extends Error {
  override readonly name = "ConnectError";
  readonly reason: string;

  constructor(cause: Error) {
    super(cause.message, { cause });
    this.reason = "code" in cause && typeof cause.code === "string" ? cause.code : cause.name;
  }
}

/** Lets the disk be read while the socket is written: chunks of 64 KiB would else go one by one. */
const SOCKET_BUFFER_BYTES = 256 * 1024;

/** The connections to all providers. The app closes it last. */
export function createUpstreamAgent({
  connectSeconds = 10,
  connections = 256,
}: AgentSettings = {}): Agent {
  // HTTP/1.1 only: one body per connection, with a length that says when it was cut off.
  const settings = {
    timeout: connectSeconds * 1_000,
    allowH2: false,
    // Not in undici's types; it hands on to the socket whatever it doesn't know.
    highWaterMark: SOCKET_BUFFER_BYTES,
  };
  const connect = buildConnector(settings);
  return new Agent({
    allowH2: false,
    connections,
    connect: (options, callback) => {
      connect(options, (...[error, socket]) => {
        if (error === null) callback(null, socket);
        else callback(new ConnectError(error), null);
      });
    },
  });
}
