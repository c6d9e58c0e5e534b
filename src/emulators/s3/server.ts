import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createControl, type Emulator } from "../control.ts";
import { CONTROL_PREFIX } from "../control-routes.ts";
import { errorAnswer, errorXml, sendAnswer, type Answer } from "./answer.ts";
import { checkAuthorization, type AuthorizationRules, type Credentials } from "./authorization.ts";
import { createOwnControl, ownCommands, type S3Control } from "./control.ts";
import { parseRequest, type S3Request } from "./request.ts";
import { findRoute } from "./routes.ts";
import { codeOfStatus } from "./s3-error.ts";
import { addBucket, type S3State } from "./state.ts";

export interface S3EmulatorOptions {
  /** Left out: a free one. */
  readonly port?: number;
  readonly host?: string;
  readonly buckets: readonly string[];
  readonly region?: string;
  /** Left out: any key is known, and only the shape of a signature is checked. */
  readonly credentials?: Credentials | readonly Credentials[];
  /** Bodies lie in a folder of their own in there, which is removed at the end; left out: the system's temporary one. */
  readonly dataDirectory?: string;
  readonly now?: () => number;
}

/** The part of S3 that a gateway needs, with S3's own limits and errors; path-style addresses only. */
export async function startS3Emulator(options: S3EmulatorOptions): Promise<Emulator<S3Control>> {
  const parent = options.dataDirectory ?? tmpdir();
  await mkdir(parent, { recursive: true });
  const directory = await mkdtemp(join(parent, "s3-emulator-"));
  const state: S3State = {
    region: options.region ?? "us-east-1",
    directory,
    now: () => centre.control.now(),
    buckets: new Map(),
    failingCompletions: 0,
  };
  for (const bucket of options.buckets) addBucket(state, bucket);
  const own = createOwnControl(state);
  const centre = createControl({
    now: options.now ?? Date.now,
    renderError: (status) => ({
      headers: { "content-type": "application/xml" },
      body: errorXml(codeOfStatus(status), "Injected by the emulator's control.", {}),
    }),
    commands: ownCommands(own),
  });
  const { credentials } = options;
  const rules: AuthorizationRules = {
    region: state.region,
    credentials: credentials === undefined ? null : [credentials].flat(),
    now: state.now,
  };
  const server = createServer(
    centre.listener((message, response) => {
      void serve(state, rules, { message, response });
    }),
  );
  // An upload may take as long as it likes.
  server.requestTimeout = 0;
  const url = await listen(server, options.port ?? 0, options.host ?? "127.0.0.1");
  const close = async () => {
    await stop(server);
    await rm(directory, { recursive: true, force: true });
  };
  return {
    url,
    controlUrl: url + CONTROL_PREFIX.replace(/\/$/, ""),
    control: { ...centre.control, ...own },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function serve(
  state: S3State,
  rules: AuthorizationRules,
  call: { readonly message: IncomingMessage; readonly response: ServerResponse },
): Promise<void> {
  const { message, response } = call;
  // A client that leaves in the middle is no error of ours.
  message.on("error", () => undefined);
  let request: S3Request = {
    message,
    response,
    method: message.method ?? "",
    rawPath: "",
    rawQuery: "",
    bucket: "",
    key: "",
    query: new Map(),
  };
  let answer: Answer;
  try {
    request = parseRequest(message, response);
    checkAuthorization(request, rules);
    answer = await findRoute(request)(state, request);
  } catch (error) {
    answer = errorAnswer(error);
  }
  if (message.destroyed && !message.complete) return;
  // A client may not look for an answer while it still writes.
  message.resume();
  await sendAnswer(request, answer);
}

async function listen(server: Server, port: number, host: string): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port to listen on");
  return `http://${host}:${address.port}`;
}

async function stop(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
