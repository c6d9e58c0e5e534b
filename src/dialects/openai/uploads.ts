import type { FastifyInstance } from "fastify";
import type { DialectServices } from "../../core/dialect.ts";
import type { Callers } from "../callers.ts";
import { gatewayFieldsSchema, optionsOf } from "../gateway-fields.ts";
import type { IdParams } from "../path-id.ts";
import { withForm } from "../upload-form.ts";
import { providerOfBody, readBody, readFields, WORDING } from "./call.ts";
import { uploadIdOf } from "./ids.ts";
import { renderUpload, renderUploadPart } from "./render.ts";
import { completeUploadSchema, createUploadSchema } from "./schemas.ts";
import { check } from "./validation.ts";

export function mountUploads(
  app: FastifyInstance,
  { gateway, limits, now }: DialectServices,
  callers: Callers,
): void {
  const createSchema = createUploadSchema(limits.uploadBytes);

  app.post("/uploads", async (request, reply) => {
    const body = check(createSchema, readBody(request));
    const upload = await gateway.createUpload(callers.call(request, reply, body.provider), {
      filename: body.filename,
      purpose: body.purpose,
      mimeType: body.mime_type,
      bytes: body.bytes,
      expiresAfterSeconds: body.expires_after?.seconds ?? null,
      options: optionsOf(body),
    });
    return renderUpload(upload, null, now());
  });

  app.post<IdParams>("/uploads/:id/complete", async (request, reply) => {
    const id = uploadIdOf(request.params.id);
    const body = check(completeUploadSchema, readBody(request));
    const { upload, file } = await gateway.completeUpload(
      callers.call(request, reply, body.provider),
      id,
      { partIds: body.part_ids, md5: body.md5 ?? null },
    );
    return renderUpload(upload, file, now());
  });

  app.post<IdParams>("/uploads/:id/cancel", async (request, reply) => {
    const id = uploadIdOf(request.params.id);
    const call = callers.call(request, reply, providerOfBody(request));
    return renderUpload(await gateway.cancelUpload(call, id), null, now());
  });
}

/** On an instance that accepts forms. */
export function mountPartForm(
  app: FastifyInstance,
  services: DialectServices,
  callers: Callers,
): void {
  const form = { fileField: "data", fileBytes: services.limits.uploadPartBytes, wording: WORDING };
  app.post<IdParams>("/uploads/:id/parts", async (request, reply) => {
    const id = uploadIdOf(request.params.id);
    return withForm(services, { request, reply, form }, async ({ fields, file }) => {
      const { provider } = check(gatewayFieldsSchema, readFields(fields));
      const call = callers.call(request, reply, provider);
      return renderUploadPart(await services.gateway.addUploadPart(call, id, file.received));
    });
  });
}
