import { expect, test } from "vitest";
import { networkOf } from "../../src/lib/network-of.ts";

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["::ffff:10.1.2.3", "10.1.2.3"],
  ["::1", "0:0:0:0"],
  ["::", "0:0:0:0"],
  ["2001:db8::1", "2001:db8:0:0"],
  ["2001:DB8:0:0:ffff:1:2:3", "2001:db8:0:0"],
  ["2001:0db8:0000:0001::", "2001:db8:0:1"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:db8::2:3:4:5:6", "2001:db8:0:2"],
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0"],
  ["1:2:3:4:5:6:192.0.2.1", "1:2:3:4"],
  ["fe80::1%eth0", "fe80:0:0:0"],
  ["unknown", "unknown"],
  ["", ""],
  ["x".repeat(5_000), "x".repeat(64)],
])("%s belongs to %s", (address, network) => {
  expect(networkOf(address)).toBe(network);
});
