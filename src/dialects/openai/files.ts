import type { FastifyInstance } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import { GatewayError } from "../../core/errors.ts";
import type { Callers } from "../callers.ts";
import { sendContent } from "../file-content.ts";
import { optionsOf } from "../gateway-fields.ts";
import type { IdParams } from "../path-id.ts";
import type { FormStart } from "../../lib/multipart-form.ts";
import { withForm } from "../upload-form.ts";
import { providerOfBody, readFields, readQuery, WORDING } from "./call.ts";
import { fileIdOf } from "./ids.ts";
import { renderDeletedFile, renderFile, renderList } from "./render.ts";
import { createFileSchema, filenameSchema, listQuerySchema } from "./schemas.ts";
import { check } from "./validation.ts";

const listSchema = listQuerySchema({ maximum: 10_000, standard: 10_000 });

export function mountFiles(
  app: FastifyInstance,
  { gateway }: DialectServices,
  callers: Callers,
): void {
  app.get("/files", async (request, reply) => {
    const { after, limit, order, purpose, model } = check(listSchema, readQuery(request));
    const page = await gateway.listFiles(callers.call(request, reply), {
      after: after ?? null,
      limit,
      order,
      ...(purpose === undefined ? {} : { purpose }),
      ...(model === undefined ? {} : { model }),
    });
    return renderList(page, renderFile);
  });

  app.get<IdParams>("/files/:id", async (request, reply) => {
    const id = fileIdOf(request.params.id);
    return renderFile(await gateway.retrieveFile(callers.call(request, reply), id));
  });

  app.delete<IdParams>("/files/:id", async (request, reply) => {
    const id = fileIdOf(request.params.id);
    const call = callers.call(request, reply, providerOfBody(request));
    return renderDeletedFile(await gateway.deleteFile(call, id));
  });

  app.get<IdParams>("/files/:id/content", async (request, reply) => {
    const id = fileIdOf(request.params.id);
    const call = callers.call(request, reply);
    return sendContent(gateway, { call, id }, { request, reply });
  });
}

/** On an instance that accepts forms. */
export function mountFileForm(
  app: FastifyInstance,
  services: DialectServices,
  callers: Callers,
): void {
  const form = { fileField: "file", fileBytes: services.limits.fileBytes, wording: WORDING };
  app.post("/files", async (request, reply) => {
    const read = ({ fields, ...file }: FormStart) => {
      const body = check(createFileSchema, readFields(fields));
      const filename = check(filenameSchema, { file: file.filename }).file;
      if (body.purpose === "batch" && !/\.jsonl$/i.test(filename)) {
        throw new GatewayError(
          "invalid_request",
          "Invalid file format for Batch API. Must be .jsonl",
        );
      }
      const call = callers.call(request, reply, body.provider);
      return { body, filename, call, purpose: body.purpose };
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
          expiresAfterSeconds: body.expires_after?.seconds ?? null,
          options: optionsOf(body),
        });
        return renderFile(created);
      },
    );
  });
}
