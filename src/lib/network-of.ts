import { isIPv6 } from "node:net";

/** What one client has of addresses: a single one of IPv4, a /64 of IPv6. What is no address is cut to the length of one. */
export function networkOf(address: string): string {
  const [plain = ""] = address.split("%");
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain.slice(0, 64);
  const [head = "", tail] = plain.toLowerCase().split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  // A dotted end is two groups; it stands beyond the first four but in the mapped form, which is done with.
  const groups = right.length + (right.at(-1)?.includes(".") === true ? 1 : 0);
  const gap = tail === undefined ? 0 : 8 - left.length - groups;
  const all = [...left, ...Array.from({ length: gap }, () => "0"), ...right];
  return all
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ""))
    .join(":");
}
