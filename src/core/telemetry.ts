/** What we count. The server turns it into Prometheus series. */
export interface Telemetry {
  /** One call to a provider. `status` is null if no answer came. */
  upstreamCall(call: {
    readonly provider: string;
    readonly operation: string;
    readonly status: number | null;
    readonly seconds: number;
  }): void;
  /** Bytes and lines taken from clients (`in`) or handed to them (`out`). */
  moved(direction: "in" | "out", amount: { readonly bytes: number; readonly lines: number }): void;
  /** A batch reached a state. */
  batchState(provider: string, state: string): void;
}

/** A structured log; secrets are redacted by the writer, and never passed in knowingly. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
