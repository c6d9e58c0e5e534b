import { z } from "zod";
import { bytes, seconds, wholeNumber } from "./values.ts";

const KIB = 1024;
const MIB = 1024 * KIB;
const GIB = 1024 * MIB;

export const limitsSchema = z
  .strictObject({
    fileBytes: bytes(1, 1024 * GIB)
      .default(512 * MIB)
      .describe("The largest file that one request may upload. OpenAI's own rule is 512 MB."),
    uploadBytes: bytes(1, 1024 * GIB)
      .default(8 * GIB)
      .describe("The largest file that may be uploaded in parts. OpenAI's own rule is 8 GB."),
    uploadPartBytes: bytes(1, 16 * GIB)
      .default(64 * MIB)
      .describe("The largest part of such an upload. OpenAI's own rule is 64 MB."),
    jsonBytes: bytes(KIB, GIB)
      .default(32 * MIB)
      .describe("The largest JSON body of a request. It is held in memory."),
    batchBytes: bytes(KIB, 16 * GIB)
      .default(256 * MIB)
      .describe(
        "The largest body of a create in which Anthropic's clients send all requests of a batch. Anthropic's own rule is 256 MB.",
      ),
    jsonValues: wholeNumber(1000, 100_000_000)
      .default(1_000_000)
      .describe("How many values a JSON body may hold; a byte can become fifty in memory."),
    jsonDepth: wholeNumber(8, 2000)
      .default(512)
      .describe("How deep objects and arrays may nest in a JSON body."),
    fieldBytes: bytes(KIB, 64 * MIB)
      .default(MIB)
      .describe("The largest field of a form that isn't a file."),
    headerBytes: bytes(4 * KIB, MIB)
      .default(32 * KIB)
      .describe("The most that the request line and all headers of a request may take."),
    headerCount: wholeNumber(16, 10_000).default(200).describe("The most headers of a request."),
    requestsPerMinute: wholeNumber(1, Number.MAX_SAFE_INTEGER)
      .nullable()
      .default(null)
      .describe(
        "Requests that each replica takes in a minute from one address (of IPv6: one /64) that brings no good virtual key; keys have limits of their own. Behind a proxy: name it in `trusted_proxies`. null: any number.",
      ),
    connections: wholeNumber(1, 1_000_000)
      .default(10_000)
      .describe("The most connections at one time; further ones are closed at once."),
    headerSeconds: seconds(0.1, 3600)
      .default(30)
      .describe("How long a client may take to send the headers of a request."),
    requestSeconds: seconds(1, 86_400)
      .default(7200)
      .describe("How long a client may take to send a whole request, uploads included."),
    stallSeconds: seconds(0.1, 3600)
      .default(120)
      .describe("How long a request or response may stand still before its connection is closed."),
    keepAliveSeconds: seconds(0.1, 3600)
      .default(75)
      .describe("How long an idle connection stays open. Longer than that of a balancer in front."),
    lineBytes: bytes(KIB, GIB)
      .default(32 * MIB)
      .describe("The longest line of a file that a batch may read or give."),
    handOverSeconds: seconds(0, 120)
      .default(15)
      .describe(
        "How long a create waits for the provider's answer. After that it answers with our own id, and the batch goes on.",
      ),
    settleSeconds: seconds(0, 600)
      .default(10)
      .describe(
        "After a lost reply: how long the call may still take effect at the provider. Only then may a job that can't be found be sent again.",
      ),
    directConcurrency: wholeNumber(1, 1000)
      .default(8)
      .describe(
        "How many lines of a batch run at once at a provider whose batch API can't take the batch. Fewer while the provider says that it is too much.",
      ),
    readySeconds: seconds(0.1, 60)
      .default(3)
      .describe("How long `/readyz` waits for the database and the blob store."),
  })
  .prefault({});

export const retentionSchema = z
  .strictObject({
    batchFileDays: wholeNumber(0, 36_500)
      .default(30)
      .describe(
        "Days that input files of batches are kept whose client named no expiry; 0: for ever.",
      ),
    resultDays: wholeNumber(0, 36_500)
      .default(30)
      .describe("Days that results are kept where the batch named no expiry; 0: for ever."),
  })
  .prefault({});
