import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

/** Seals short secrets under one master secret, and names them without telling them. */
export interface SecretBox {
  /** AES-256-GCM; the text is `v1.<nonce>.<ciphertext and tag>` in base64url. */
  seal(secret: string): string;
  /** Throws if the text was sealed under another master secret or changed since. */
  unseal(sealed: string): string;
  /** A keyed digest, 24 characters `[0-9a-f]`: the same for the same secret, and useless without the master secret. */
  fingerprint(secret: string): string;
}

export function createSecretBox(masterSecret: string | Buffer): SecretBox {
  const derive = (purpose: string) =>
    Buffer.from(hkdfSync("sha256", masterSecret, "crossbatch", purpose, 32));
  const sealingKey = derive("seal");
  const fingerprintKey = derive("fingerprint");
  return {
    seal(secret) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv("aes-256-gcm", sealingKey, nonce);
      const body = Buffer.concat([
        cipher.update(secret, "utf8"),
        cipher.final(),
        cipher.getAuthTag(),
      ]);
      return `v1.${nonce.toString("base64url")}.${body.toString("base64url")}`;
    },
    unseal(sealed) {
      const [version, nonce, body] = sealed.split(".");
      if (version !== "v1" || nonce === undefined || body === undefined)
        throw new Error("not a sealed secret");
      const bytes = Buffer.from(body, "base64url");
      const decipher = createDecipheriv("aes-256-gcm", sealingKey, Buffer.from(nonce, "base64url"));
      decipher.setAuthTag(bytes.subarray(-16));
      return Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString(
        "utf8",
      );
    },
    fingerprint(secret) {
      return createHmac("sha256", fingerprintKey).update(secret).digest("hex").slice(0, 24);
    },
  };
}
