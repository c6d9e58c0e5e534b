import { APIError } from "openai";

/** The error with which a call of the SDK was refused. */
export async function refusalOf(
  promise: PromiseLike<unknown>,
): Promise<InstanceType<typeof APIError>> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}
