import { expect, test } from "vitest";
import { createSecretBox } from "../../src/lib/secret-box.ts";

test("what one master secret seals, only it opens", () => {
  const box = createSecretBox("one");
  const sealed = box.seal("sk-client-secret");
  expect(sealed).not.toContain("sk-client-secret");
  expect(box.unseal(sealed)).toBe("sk-client-secret");
  expect(box.seal("sk-client-secret")).not.toBe(sealed);
  expect(() => createSecretBox("two").unseal(sealed)).toThrow("authenticate");
});

test("a changed text is refused", () => {
  const box = createSecretBox("one");
  const sealed = box.seal("secret");
  const last = sealed.endsWith("A") ? "B" : "A";
  expect(() => box.unseal(sealed.slice(0, -6) + last + sealed.slice(-5))).toThrow("authenticate");
  expect(() => box.unseal("v2.a.b")).toThrow("not a sealed secret");
});

test("fingerprints are equal for equal secrets under one master secret only", () => {
  const box = createSecretBox("one");
  expect(box.fingerprint("key")).toBe(createSecretBox("one").fingerprint("key"));
  expect(box.fingerprint("key")).not.toBe(box.fingerprint("other"));
  expect(box.fingerprint("key")).not.toBe(createSecretBox("two").fingerprint("key"));
  expect(box.fingerprint("key")).toMatch(/^[0-9a-f]{24}$/);
});
