import type { FastifyInstance } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import { isGatewayError } from "../../core/errors.ts";
import type { StoredFile } from "../../core/file.ts";
import type { Call, Gateway } from "../../core/gateway.ts";
import type { Callers } from "../callers.ts";
import { sendContent } from "../file-content.ts";
import { optionsOf } from "../gateway-fields.ts";
import { type IdParams, isPossibleId } from "../path-id.ts";
import type { FormStart } from "../../lib/multipart-form.ts";
import { withForm } from "../upload-form.ts";
import { providerOfBody, readFields, readQuery } from "./call.ts";
import { fileNotFound } from "./errors.ts";
import { listPage, renderPage } from "./paging.ts";
import { renderDeletedFile, renderFile } from "./render.ts";
import { createFileSchema, filenameSchema, idsQuerySchema, listQuerySchema } from "./schemas.ts";
import { WORDING } from "./validation.ts";

export function mountFiles(
  app: FastifyInstance,
  { gateway }: DialectServices,
  callers: Callers,
): void {
  app.get("/v1/files", async (request, reply) => {
    const query = readQuery(request);
    const { ids } = WORDING.check(idsQuerySchema, query);
    const call = callers.call(request, reply);
    if (ids !== undefined) return listByIds(gateway, call, ids);
    const wanted = WORDING.check(listQuerySchema, query);
    return listPage(wanted, (page) => gateway.listFiles(call, page), renderFile);
  });

  app.get<IdParams>("/v1/files/:id", async (request, reply) => {
    const call = callers.call(request, reply);
    return renderFile(await withFile(request.params.id, (id) => gateway.retrieveFile(call, id)));
  });

  app.delete<IdParams>("/v1/files/:id", async (request, reply) => {
    const call = callers.call(request, reply, providerOfBody(request));
    const file = await withFile(request.params.id, (id) => gateway.deleteFile(call, id));
    return renderDeletedFile(file);
  });

  app.get<IdParams>("/v1/files/:id/content", async (request, reply) => {
    const call = callers.call(request, reply);
    return withFile(request.params.id, (id) =>
      sendContent(gateway, { call, id }, { request, reply }),
    );
  });
}

/** On an instance that accepts forms. */
export function mountFileForm(
  app: FastifyInstance,
  services: DialectServices,
  callers: Callers,
): void {
  const form = { fileField: "file", fileBytes: services.limits.fileBytes, wording: WORDING };
  app.post("/v1/files", async (request, reply) => {
    services.gateway.checkProvider(callers.call(request, reply));
    const read = ({ fields, ...file }: FormStart) => {
      const body = WORDING.check(createFileSchema, readFields(fields));
      const filename = WORDING.check(filenameSchema, { file: file.filename }).file;
      const call = callers.call(request, reply, body.provider);
      return { body, filename, call, purpose: purposeOf(filename) };
    };
    return withForm(
      services,
      { request, reply, form: { ...form, intent: read } },
      async ({ fields, file }) => {
        const { body, filename, call, purpose } = read({ fields, ...file });
        const created = await services.gateway.createFile(call, {
          content: file.received,
          filename,
          purpose,
          mimeType: file.mimeType,
          expiresAfterSeconds: body.expires_in_seconds ?? null,
          options: optionsOf(body),
        });
        return renderFile(created);
      },
    );
  });
}

/** Anthropic's files have no purpose; providers that want one get the one that lines are for. */
function purposeOf(filename: string): string {
  return /\.jsonl$/i.test(filename) ? "batch" : "user_data";
}

/** One page, whatever else is asked; ids that stand for nothing are left out. */
async function listByIds(gateway: Gateway, call: Call, ids: readonly string[]) {
  const files: StoredFile[] = [];
  for (const id of ids) {
    const file = await findFile(gateway, call, id);
    if (file !== null) files.push(file);
  }
  files.sort((left, right) => right.createdAt - left.createdAt);
  return renderPage(files.map(renderFile), { hasMore: false, next: false });
}

async function findFile(gateway: Gateway, call: Call, id: string): Promise<StoredFile | null> {
  if (!isPossibleId(id)) return null;
  try {
    return await gateway.retrieveFile(call, id);
  } catch (error) {
    if (isGatewayError(error, "not_found") || isGatewayError(error, "upstream_not_found")) {
      return null;
    }
    throw error;
  }
}

async function withFile<Result>(id: string, use: (id: string) => Promise<Result>): Promise<Result> {
  if (!isPossibleId(id)) throw fileNotFound(id);
  try {
    return await use(id);
  } catch (error) {
    throw isGatewayError(error, "not_found") ? fileNotFound(id, error) : error;
  }
}
