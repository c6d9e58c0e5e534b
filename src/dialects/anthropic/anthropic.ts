import type { FastifyPluginAsync } from "fastify";
import type { Dialect, DialectServices } from "../../core/dialect.ts";
import { acceptForms } from "../../lib/multipart-form.ts";
import type { Callers } from "../callers.ts";
import { mountBatches, type RenderBatch } from "./batches.ts";
import { anthropicCallers, checkVersion } from "./call.ts";
import { mountChat } from "./chat.ts";
import { mountCreateBatch } from "./create-batch.ts";
import { renderError } from "./errors.ts";
import { FACTS } from "./facts.ts";
import { mountFileForm, mountFiles } from "./files.ts";
import { renderBatch } from "./render.ts";
import { resultsUrl } from "./results-url.ts";

/** What Anthropic's SDKs speak: message batches, files, and single requests. */
export const anthropicDialect: Dialect<FastifyPluginAsync> = {
  name: FACTS.dialect,
  format: FACTS.format,
  provider: FACTS.defaultProvider,
  mount: ["/anthropic"],
  routes: (services) => async (app) => {
    const callers = anthropicCallers(services);
    const place = { publicUrl: services.publicUrl, prefix: app.prefix };
    const render: RenderBatch = (request, { batch }) =>
      renderBatch(batch, resultsUrl(request, place));
    app.addHook("onRequest", async (request, reply) => {
      reply.header("request-id", request.id);
      await callers.admit(request);
      checkVersion(request);
    });
    mountFiles(app, services, callers);
    mountBatches(app, services, { callers, render });
    mountChat(app, services, callers);
    await app.register(async (scope) => mountCreateBatch(scope, services, { callers, render }));
    await app.register(forms(services, callers));
  },
  renderError,
};

/** Apart, because here the body of any content type is left to the form reader, which says what it wants. */
function forms(services: DialectServices, callers: Callers): FastifyPluginAsync {
  return async (app) => {
    await acceptForms(app);
    app.addContentTypeParser("*", (_request, _payload, done) => done(null));
    mountFileForm(app, services, callers);
  };
}
