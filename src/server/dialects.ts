import type { FastifyInstance, FastifyPluginAsync } from "fastify";
import type { Dialect, DialectServices } from "../core/dialect.ts";
import { answerError, type RenderError } from "./answer-error.ts";
import { renderNeutralError } from "./neutral-error.ts";

/** Registers each dialect under each of its prefixes; what its routes throw is rendered by it. */
export function mountDialects(
  app: FastifyInstance,
  dialects: readonly Dialect<FastifyPluginAsync>[],
  services: DialectServices,
): void {
  for (const dialect of dialects) {
    for (const prefix of dialect.mount) {
      app.register(
        async (scope) => {
          scope.setErrorHandler((thrown, request, reply) =>
            answerError({ thrown, request, reply }, rendererOf(dialect)),
          );
          await scope.register(dialect.routes(services));
        },
        { prefix },
      );
    }
  }
}

/** Who speaks for a path that is no route: the dialect with the longest prefix of it. */
export function rendererByPath(dialects: readonly Dialect[]): (path: string) => RenderError {
  const mounts = dialects
    .flatMap((dialect) => dialect.mount.map((prefix) => ({ prefix, render: rendererOf(dialect) })))
    .sort((left, right) => right.prefix.length - left.prefix.length);
  return (path) =>
    mounts.find(({ prefix }) => path === prefix || path.startsWith(`${prefix}/`))?.render ??
    renderNeutralError;
}

function rendererOf(dialect: Dialect): RenderError {
  return (error, requestId) => dialect.renderError(error, requestId);
}
