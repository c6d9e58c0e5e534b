import type { Format } from "../../core/format.ts";
import { createBodies, type ForeignCodecs } from "./bodies.ts";
import { parseCallError } from "./call-error.ts";
import { chooseBody } from "./choose-body.ts";
import { requestLine, resultLine } from "./lines.ts";

/**
 * Records of Bedrock's batch jobs, with the bodies of `InvokeModel`, which are those of each model's maker, and of `Converse`. Claude's
 * and OpenAI's are passed in: their codecs are those of other formats.
 */
export function createBedrockFormat(codecs: ForeignCodecs): Format {
  const bodies = createBodies(codecs);
  return {
    name: "bedrock",
    requestLine,
    resultLine,
    parseCallError,
    // Any id that isn't empty comes back as it was.
    idRule: null,
    bodies: [bodies.converse, ...Object.values(bodies.families)],
    chooseBody: (choice) => chooseBody(choice, bodies),
  };
}
