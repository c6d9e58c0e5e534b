import type { ChatRequest } from "../../../src/core/chat-request.ts";
import { CodecError } from "../../../src/core/codec-error.ts";
import type { Json, JsonObject } from "../../../src/core/json.ts";
import { fieldText } from "../../../src/core/json-path.ts";
import { withFrame } from "../../../src/formats/body-frame.ts";
import { reportUnsaid } from "../../../src/formats/unsaid.ts";
import { recordingContext } from "../openai/recording-context.ts";
import { printed } from "../openai/translated.ts";
import { findDifferences } from "./differences.ts";
import { toCall, WITHOUT_OPTION } from "./sdk-call.ts";
import { type Api, sdkRequest } from "./sdk-models.ts";
import { Inexpressible } from "./sdk-values.ts";
import { spellOut } from "./spelled-out.ts";
import type { Target } from "./targets.ts";

/** One request, given to our writer of an API and to the SDK's. */
export interface Scene {
  readonly api: Api;
  readonly target: Target;
  readonly isBatch: boolean;
  readonly request: ChatRequest;
}

/** Where the two bodies aren't the same, or only one side would write one. */
export interface Finding {
  /** Without positions; `refusal` where a side doesn't write the request. */
  readonly field: string;
  readonly ours: Json | undefined;
  readonly theirs: Json | undefined;
}

export type Comparison =
  | { readonly kind: "inexpressible"; readonly reason: string }
  | { readonly kind: "compared"; readonly findings: readonly Finding[] };

export async function compareRequest(scene: Scene): Promise<Comparison> {
  const request = forBoth(scene);
  const theirs = await theirBody(scene, request);
  if (theirs instanceof Inexpressible) return { kind: "inexpressible", reason: theirs.message };
  const ours = ourBody(scene, request);
  if (typeof ours !== "string" && typeof theirs !== "string") {
    const differences = findDifferences(spellOut(scene.api, ours), spellOut(scene.api, theirs));
    return {
      kind: "compared",
      findings: differences.map(({ at, ...values }) => ({ field: fieldText(at), ...values })),
    };
  }
  if (typeof ours === "string" && typeof theirs === "string") {
    return { kind: "compared", findings: [] };
  }
  const said = (side: string | JsonObject) => (typeof side === "string" ? side : "a body");
  const finding = { field: "refusal", ours: said(ours), theirs: said(theirs) };
  return { kind: "compared", findings: [finding] };
}

/** The request without what the SDK has no word for, so that the rest can be compared. */
function forBoth({ api, request }: Scene): ChatRequest {
  const messages = request.messages.map((message) =>
    message.kind === "system" ? ({ ...message, role: "system" } as const) : message,
  );
  const sayable: { -readonly [Key in keyof ChatRequest]: ChatRequest[Key] } = {
    ...request,
    messages,
    extras: [],
  };
  for (const field of WITHOUT_OPTION[api]) delete sayable[field];
  return sayable;
}

/** A text: why it isn't written. */
function ourBody({ target, isBatch }: Scene, request: ChatRequest): JsonObject | string {
  const { codec, frame } = target.body;
  const context = recordingContext({ model: target.model, isBatch });
  try {
    reportUnsaid(request, codec, context);
    return printed(withFrame(codec.writeRequest(request, context), frame));
  } catch (error) {
    if (error instanceof CodecError) return error.message;
    throw error;
  }
}

async function theirBody(
  { api, target }: Scene,
  request: ChatRequest,
): Promise<JsonObject | string | Inexpressible> {
  try {
    return await sdkRequest(api, target.model, toCall(request));
  } catch (error) {
    if (error instanceof Inexpressible) return error;
    return error instanceof Error ? error.message : String(error);
  }
}
