import { createKeyRing } from "../src/gateway/key-ring.ts";

/** What it costs a request that its key is checked, once it is known: no call of the database, one hash. */
const CHECKS = 200_000;
const KEY = `cb-${"a".repeat(43)}`;
let reads = 0;
const terms = {
  name: "bench",
  owner: "bench",
  providers: null,
  models: null,
  s3: [],
  expiresAt: null,
  limits: {
    requestsPerMinute: 10 * CHECKS,
    linesPerDay: null,
    bytesPerDay: null,
    concurrentBatches: null,
  },
} as const;

const find = createKeyRing({
  configured: [],
  table: {
    async byHash(hash) {
      reads += 1;
      return { id: "k", hash, hint: "cb-aaaa", terms, createdAt: 0, revokedAt: null };
    },
    any: async () => true,
  },
  requireKeys: false,
  places: ["s3://bucket/prefix"],
  now: Date.now,
});

await find(KEY);
const before = reads;
const startedAt = performance.now();
for (let count = 0; count < CHECKS; count += 1) await find(KEY);
const nanoseconds = ((performance.now() - startedAt) * 1e6) / CHECKS;
console.log(
  `a known key: ${Math.round(nanoseconds)} ns a request, ${reads - before} reads of the database in ${CHECKS} requests`,
);
