import type { FastifyRequest } from "fastify";
import type { JsonObject } from "../core/json.ts";
import { isJsonObject } from "../core/json.ts";
import {
  type BracketObject,
  BracketNotationError,
  parseBracketNotation,
} from "../lib/bracket-notation.ts";
import { gatewayFieldsSchema } from "./gateway-fields.ts";
import type { Wording } from "./wording.ts";

export interface RequestReader {
  /** The query with its nested values; what is empty was left out by the client's own rules. */
  readonly readQuery: (request: FastifyRequest) => BracketObject;
  readonly readFields: (fields: Iterable<readonly [string, string]>) => BracketObject;
  /** A JSON body; SDKs leave it empty where there is nothing to say. */
  readonly readBody: (request: FastifyRequest) => JsonObject;
  /** The provider that the body of a cancel or delete names, if it has one. */
  readonly providerOfBody: (request: FastifyRequest) => string | null;
}

export function createRequestReader(wording: Wording): RequestReader {
  function readFields(fields: Iterable<readonly [string, string]>): BracketObject {
    try {
      return parseBracketNotation(fields);
    } catch (error) {
      if (!(error instanceof BracketNotationError)) throw error;
      throw wording.invalid(error.field.slice(0, 100), `${error.message}.`);
    }
  }
  function readBody({ body }: FastifyRequest): JsonObject {
    if (body === undefined || body === null) return {};
    if (isJsonObject(body)) return body;
    throw wording.notAnObject();
  }
  return {
    readFields,
    readBody,
    readQuery(request) {
      const url = request.raw.url ?? "";
      const start = url.indexOf("?");
      const pairs = start === -1 ? [] : [...new URLSearchParams(url.slice(start))];
      return readFields(pairs.filter(([, value]) => value !== ""));
    },
    providerOfBody: (request) =>
      wording.check(gatewayFieldsSchema, readBody(request)).provider ?? null,
  };
}
