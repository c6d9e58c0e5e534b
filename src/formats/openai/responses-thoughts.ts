import type {
  AssistantPart,
  ReasoningPart,
  RedactedReasoningPart,
  Signature,
} from "../../core/content.ts";

/** An item of thinking: the texts of its summary, and the proof that only its maker reads. */
export interface Thought {
  readonly id: string | undefined;
  readonly texts: readonly string[];
  readonly signature: Signature | undefined;
}

/** Neighbours with one id are one item. Each item stands under its first part. */
export function groupThoughts(
  parts: readonly AssistantPart[],
): ReadonlyMap<AssistantPart, Thought> {
  const thoughts = new Map<AssistantPart, OpenThought>();
  let open: OpenThought | null = null;
  for (const part of parts) {
    if (part.kind !== "reasoning" && part.kind !== "redacted_reasoning") {
      open = null;
      continue;
    }
    if (open === null || part.id === undefined || part.id !== open.id) {
      open = { id: part.id, texts: [], signature: undefined };
      thoughts.set(part, open);
    }
    if (part.kind === "reasoning") open.texts.push(part.text);
    open.signature = signatureOf(part) ?? open.signature;
  }
  return thoughts;
}

interface OpenThought {
  readonly id: string | undefined;
  readonly texts: string[];
  signature: Signature | undefined;
}

function signatureOf(part: ReasoningPart | RedactedReasoningPart): Signature | undefined {
  return part.kind === "reasoning" ? part.signature : part.data;
}
