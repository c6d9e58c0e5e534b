import { GatewayError } from "../../core/errors.ts";

/** Off AWS the last link of the chain asks an address that never answers. */
const CHAIN_MILLISECONDS = 1_000;

/**
 * AWS's chain of credentials, with an end. What comes too late serves the next call: the chain goes on, and remembers what it
 * has found.
 */
export function boundChain<Identity>(
  provider: string,
  chain: () => Promise<Identity>,
): () => Promise<Identity> {
  return async () => {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      const seconds = CHAIN_MILLISECONDS / 1_000;
      const onTime = () => reject(new Error(`nothing within ${seconds} s`));
      timer = setTimeout(onTime, CHAIN_MILLISECONDS);
    });
    try {
      return await Promise.race([chain(), late]);
    } catch (cause) {
      throw new GatewayError(
        "upstream_unauthorized",
        `There are no AWS credentials for ${provider}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (and AWS_SESSION_TOKEN), or AWS_PROFILE, or give the machine a role.`,
        { notSent: true, cause },
      );
    } finally {
      clearTimeout(timer);
    }
  };
}
