import type { Reply } from "../call.ts";
import type { JsonObject } from "../json.ts";
import { isJsonObject, objectOf, objectsOf } from "../json.ts";

/** The same answer in pieces: server-sent events, or one JSON array where the client asked for no events. */
export function streamed(answer: JsonObject, asEvents: boolean): Reply {
  const pieces = [...piecesOf(answer)];
  if (asEvents) {
    const events = pieces.map((piece) => `data: ${JSON.stringify(piece)}\r\n\r\n`);
    return { kind: "events", type: "text/event-stream", events };
  }
  const items = pieces.map(
    (piece, index) => `${index === 0 ? "[" : ",\r\n"}${JSON.stringify(piece)}`,
  );
  return { kind: "events", type: "application/json; charset=UTF-8", events: [...items, "]"] };
}

/** Some words a piece; why a candidate ended stands in its last. */
function* piecesOf(answer: JsonObject): Generator<JsonObject> {
  const { usageMetadata, modelVersion, responseId } = answer;
  for (const candidate of objectsOf(answer["candidates"])) {
    const { content, index, ...ending } = candidate;
    const parts = objectsOf(objectOf(content)["parts"]).flatMap(splitPart);
    const frames = parts.length === 0 ? [null] : parts;
    for (const [place, part] of frames.entries()) {
      const isLast = place === frames.length - 1;
      const held = { ...(isJsonObject(part) ? { parts: [part] } : {}), role: "model" };
      yield {
        candidates: [{ content: held, ...(isLast ? ending : {}), index }],
        usageMetadata,
        modelVersion,
        responseId,
      };
    }
  }
}

function splitPart(part: JsonObject): readonly JsonObject[] {
  const { text } = part;
  if (typeof text !== "string" || part["thought"] === true) return [part];
  return (text.match(/(?:\s*\S+){1,5}\s*/g) ?? [text]).map((words) => ({ ...part, text: words }));
}
