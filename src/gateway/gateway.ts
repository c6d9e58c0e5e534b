import type { Gateway } from "../core/gateway.ts";
import { cancelBatch, listBatches, retrieveBatch } from "./batches.ts";
import { chat } from "./chat.ts";
import type { GatewayContext } from "./context.ts";
import { countTokens } from "./count-tokens.ts";
import { createBatch } from "./create-batch.ts";
import { createFile } from "./create-file.ts";
import { deleteFile, listFiles, openFile } from "./files.ts";
import { deleteBatch } from "./delete-batch.ts";
import { getFile } from "./lookup.ts";
import { listModels, retrieveModel } from "./models.ts";
import { openResults } from "./open-results.ts";
import { receiveFor } from "./receive.ts";
import { discard } from "./remove-blobs.ts";
import { namedProvider } from "./resolve.ts";
import { addUploadPart, cancelUpload, completeUpload, createUpload } from "./uploads.ts";

/** The operations that every dialect renders, over the stores, the providers and the engine. */
export function createGateway(context: GatewayContext): Gateway {
  return {
    checkProvider(call) {
      namedProvider(call, context.providers);
    },

    receive: (content, signal, intent = null) => receiveFor(context, { content, intent }, signal),
    discard: (content) => discard(context, content),

    createFile: (call, file) => createFile(context, call, file),
    listFiles: (call, page) => listFiles(context, call, page),
    retrieveFile: (call, id) => getFile(context, call, id),
    deleteFile: (call, id) => deleteFile(context, call, id),
    openFile: (call, id, range) =>
      openFile(context, call, { id, ...(range === undefined ? {} : { range }) }),

    createUpload: (call, upload) => createUpload(context, call, upload),
    addUploadPart: (call, id, content) => addUploadPart(context, call, { id, content }),
    completeUpload: (call, id, request) => completeUpload(context, call, { id, request }),
    cancelUpload: (call, id) => cancelUpload(context, call, id),

    createBatch: (call, batch) => createBatch(context, call, batch),
    listBatches: (call, page) => listBatches(context, call, page),
    retrieveBatch: (call, id) => retrieveBatch(context, call, id),
    cancelBatch: (call, id) => cancelBatch(context, call, id),
    deleteBatch: (call, id) => deleteBatch(context, call, id),
    openResults: (call, id) => openResults(context, call, id),

    chat: (call, request) => chat(context, call, request),
    countTokens: (call, request) => countTokens(context, call, request),
    listModels: (call) => listModels(context, call),
    retrieveModel: (call, id) => retrieveModel(context, call, id),
  };
}
