import { expect, test } from "vitest";
import { redactKeys } from "../../src/lib/redact-keys.ts";

test.each([
  ["Incorrect API key provided: sk-abc123def456. Get one.", "sk-abc123def456"],
  ["Incorrect API key provided: sk-proj-Ab_c-1234567890xyz.", "Ab_c-1234567890xyz"],
  ["Incorrect API key provided: sk-ab******************wxyz.", "wxyz"],
  ["Incorrect API key provided: whatever-I-typed. Get one.", "whatever-I-typed"],
  ['the header "Authorization: Bearer abc.def" is bad', "abc.def"],
  ["api_key=AIzaSyA1234567890abcdefg is not valid", "AIzaSy"],
  ["Key AIzaSyA1234567890abcdefg is not valid", "AIzaSy"],
  ["The token abcd****wxyz has expired", "wxyz"],
  ["xai-1234567890 isn't known", "xai-1234567890"],
  ["credential AKIAIOSFODNN7EXAMPLE", "AKIA"],
  ["no access with eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "eyJ"],
])("'%s' loses its key", (text, key) => {
  const redacted = redactKeys(text, null);
  expect(redacted).not.toContain(key);
  expect(redacted).toContain("[redacted]");
});

test.each([
  ["my secret is hunter2hunter2 indeed", "hunter2hunter2", "my secret is [redacted] indeed"],
  ["x marks xylophones (x)", "x", "[redacted] marks xylophones ([redacted])"],
  ["a.c isn't abc", "a.c", "[redacted] isn't abc"],
  ["$& and $1$1$1$1$1", "$1$1$1$1$1", "$& and [redacted]"],
])("'%s' loses the secret %s", (text, secret, redacted) => {
  expect(redactKeys(text, secret)).toBe(redacted);
});

test.each([
  "No such File object: file-AbCdEfGh1234567890",
  "No batch found with id 'batch_68a1b2c3d4e5f6a7b8c9d0e1'.",
  "The model `gpt-4o-mini-2024-07-18` does not exist or you do not have access to it.",
  "Cannot cancel a batch with status 'completed'.",
  "You exceeded your current quota, please check your plan and billing details.",
  "Missing required parameter: 'input_file_id'.",
  "2 * 3 = 6 and **bold**",
])("'%s' stays as it is", (text) => {
  expect(redactKeys(text, null)).toBe(text);
});
