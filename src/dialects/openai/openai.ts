import type { FastifyPluginAsync } from "fastify";
import type { Dialect, DialectServices } from "../../core/dialect.ts";
import { acceptForms } from "../../lib/multipart-form.ts";
import { mountBatches } from "./batches.ts";
import type { Callers } from "../callers.ts";
import { mountCreateBatch } from "./create-batch.ts";
import { openaiCallers } from "./call.ts";
import { renderError } from "./errors.ts";
import { mountChat } from "./chat.ts";
import { FACTS } from "./facts.ts";
import { mountFileForm, mountFiles } from "./files.ts";
import { mountPartForm, mountUploads } from "./uploads.ts";

/** What OpenAI's SDKs speak: files, uploads, batches, and single requests. */
export const openaiDialect: Dialect<FastifyPluginAsync> = {
  name: FACTS.dialect,
  format: FACTS.format,
  provider: FACTS.defaultProvider,
  mount: ["/openai", "/openai/v1", "/v1"],
  routes: (services) => async (app) => {
    const callers = openaiCallers(services);
    app.addHook("onRequest", (request) => callers.admit(request));
    mountFiles(app, services, callers);
    mountUploads(app, services, callers);
    mountBatches(app, services, callers);
    await app.register(async (scope) => mountCreateBatch(scope, services, callers));
    mountChat(app, services, callers);
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
    mountPartForm(app, services, callers);
  };
}
