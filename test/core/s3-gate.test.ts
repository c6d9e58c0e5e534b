import { describe, expect, test } from "vitest";
import { isGatewayError, type GatewayError } from "../../src/core/errors.ts";
import type { JsonObject } from "../../src/core/json.ts";
import { checkS3Location, checkS3Options, findS3Locations } from "../../src/core/s3-gate.ts";
import { parseS3Uri, toS3Location, toS3Uri } from "../../src/core/s3-uri.ts";

function errorOf(call: () => unknown): GatewayError | null {
  try {
    call();
    return null;
  } catch (error) {
    if (isGatewayError(error)) return error;
    throw error;
  }
}

function codeOf(call: () => unknown): string {
  return errorOf(call)?.code ?? "allowed";
}

const long = (length: number) => "a".repeat(length);

describe("an S3 URI", () => {
  test.each([
    ["s3://bucket", "bucket", ""],
    ["s3://bucket/", "bucket", ""],
    ["s3://bucket/a", "bucket", "a"],
    ["s3://bucket/a/", "bucket", "a"],
    ["s3://bucket/a/b.jsonl", "bucket", "a/b.jsonl"],
    ["s3://my.bucket-1/A_b-c!*'().d", "my.bucket-1", "A_b-c!*'().d"],
    ["s3://abc/...", "abc", "..."],
    ["s3://abc/a..b/.hidden", "abc", "a..b/.hidden"],
    [`s3://${long(63)}/x`, long(63), "x"],
    [`s3://abc/${long(1015)}`, "abc", long(1015)],
  ])("%s names bucket %s and path %s", (uri, bucket, path) => {
    expect(parseS3Uri(uri)).toEqual({ bucket, path });
    expect(parseS3Uri(toS3Uri({ bucket, path }))).toEqual({ bucket, path });
  });

  test.each([
    [""],
    ["bucket/a"],
    ["s3:bucket"],
    ["s3:/bucket"],
    ["s3:///a"],
    ["S3://bucket/a"],
    ["https://bucket/a"],
    [" s3://bucket/a"],
    ["s3://bucket/a "],
    ["s3://bucket/a\n"],
    ["s3://ab"],
    [`s3://${long(64)}`],
    ["s3://Bucket/a"],
    ["s3://buck_et/a"],
    ["s3://-bucket/a"],
    ["s3://bucket-/a"],
    ["s3://buc..ket/a"],
    ["s3://127.0.0.1/a"],
    ["s3://user@bucket/a"],
    ["s3://bucket:9000/a"],
    ["s3://bucket//a"],
    ["s3://bucket/a//b"],
    ["s3://bucket/a//"],
    ["s3://bucket//"],
    ["s3://bucket/.."],
    ["s3://bucket/a/../b"],
    ["s3://bucket/./a"],
    ["s3://bucket/a/."],
    ["s3://bucket/a%2Fb"],
    ["s3://bucket/%2e%2e/b"],
    ["s3://bucket/a\\..\\b"],
    ["s3://bucket/a b"],
    ["s3://bucket/a+b"],
    ["s3://bucket/a?versionId=1"],
    ["s3://bucket/a#b"],
    ["s3://bucket/a=b"],
    ["s3://bucket/ä"],
    ["s3://bucket/a\u0000b"],
    ["s3://bucket/a\u202eb"],
    [`s3://abc/${long(1016)}`],
  ])("refuses %j", (uri) => {
    expect(codeOf(() => parseS3Uri(uri))).toBe("invalid_request");
  });

  test("is refused with the rule and the field, and shortened where it is long", () => {
    expect(() => parseS3Uri("s3://bucket/../x", "output_s3_uri")).toThrow(
      '"s3://bucket/../x" is no S3 location like s3://bucket/prefix: its path has the segment ".."',
    );
    const error = errorOf(() => parseS3Uri(`s3://bucket/${long(5000)}`, "output_s3_uri"));
    expect(error?.details.param).toBe("output_s3_uri");
    expect(error?.message.length).toBeLessThan(400);
  });

  test.each([
    ["a", "a"],
    ["a/b/", "a/b"],
    ["", ""],
  ])("can be given as a bucket and the prefix %j", (prefix, path) => {
    expect(toS3Location("bucket", prefix)).toEqual({ bucket: "bucket", path });
  });

  test.each([["/"], ["/a"], ["a//"], ["../a"], ["a/%2e%2e"]])("refuses the prefix %j", (prefix) => {
    expect(codeOf(() => toS3Location("bucket", prefix))).toBe("invalid_request");
  });
});

describe("the gate for S3 locations", () => {
  const team = ["s3://shared/team-a", "s3://own-bucket"];
  test.each([
    ["anywhere", "s3://any-bucket/any/where", "allowed"],
    ["anywhere", "s3://any-bucket/../x", "invalid_request"],
    [team, "s3://shared/team-a", "allowed"],
    [team, "s3://shared/team-a/", "allowed"],
    [team, "s3://shared/team-a/in.jsonl", "allowed"],
    [team, "s3://shared/team-a/deep/er", "allowed"],
    [team, "s3://own-bucket", "allowed"],
    [team, "s3://own-bucket/x/y", "allowed"],
    [team, "s3://shared", "forbidden"],
    [team, "s3://shared/", "forbidden"],
    [team, "s3://shared/team", "forbidden"],
    [team, "s3://shared/team-ab", "forbidden"],
    [team, "s3://shared/team-a.jsonl", "forbidden"],
    [team, "s3://shared/Team-a/x", "forbidden"],
    [team, "s3://shared/x/team-a", "forbidden"],
    [team, "s3://shared2/team-a/x", "forbidden"],
    [team, "s3://own-bucket2/x", "forbidden"],
    [team, "s3://own-bucke/x", "forbidden"],
    [team, "s3://shared/team-a/../team-b", "invalid_request"],
    [team, "s3://shared/team-a/%2e%2e/team-b", "invalid_request"],
    [team, "s3://shared//team-a/x", "invalid_request"],
    [team, "s3://shared/./team-a/x", "invalid_request"],
    [["s3://own-bucket/"], "s3://own-bucket/x", "allowed"],
    [["s3://shared/team-a/"], "s3://shared/team-a/x", "allowed"],
    [["s3://shared/team-a/"], "s3://shared/team-ab", "forbidden"],
    [[], "s3://shared/team-a", "forbidden"],
    [[], "nonsense", "invalid_request"],
  ] as const)("for %j: %s is %s", (s3, uri, outcome) => {
    expect(codeOf(() => checkS3Location({ s3 }, uri))).toBe(outcome);
  });

  test("says what is allowed without telling other locations", () => {
    const refused = () => checkS3Location({ s3: team }, "s3://shared/team-b/x", "output_s3_uri");
    expect(refused).toThrow(
      "This client may not use s3://shared/team-b/x; it may name only what lies below the S3 locations configured for its key.",
    );
    expect(refused).not.toThrow(/team-a|own-bucket/);
    expect(() => checkS3Location({ s3: [] }, "s3://shared/x")).toThrow(
      "it may name no S3 location: leave it out and the gateway's default is used",
    );
  });
});

describe("the S3 locations of a request's options", () => {
  const found = (options: JsonObject) =>
    findS3Locations(options)
      .map(({ location, param }) => `${param} ${toS3Uri(location)}`)
      .sort();

  test.each<[JsonObject, readonly string[]]>([
    [{}, []],
    [{ provider: "bedrock", storage_config: null, output_s3_uri: null }, []],
    [{ storage_config: {} }, []],
    [{ storage_config: { s3: null, gcs: { bucket: "x" } } }, []],
    [{ storage_config: { s3: { bucket: "b-1" } } }, ["storage_config.s3 s3://b-1"]],
    [
      { storage_config: { s3: { bucket: "b-1", region: "us-west-2", prefix: "in/put/" } } },
      ["storage_config.s3 s3://b-1/in/put"],
    ],
    [{ output_s3_uri: "s3://b-1/out" }, ["output_s3_uri s3://b-1/out"]],
    [
      { storage_config: { s3: { bucket: "b-1", prefix: "in" } }, output_s3_uri: "s3://b-2" },
      ["output_s3_uri s3://b-2", "storage_config.s3 s3://b-1/in"],
    ],
    [{ later: [{ deep: { uri: "s3://b-3/x" } }] }, ["later.0.deep.uri s3://b-3/x"]],
    [
      { storage_config: { s3: { bucket: "b-1", endpoint: "http://elsewhere:9000" } } },
      ["storage_config.s3 s3://b-1"],
    ],
    [JSON.parse('{"__proto__": {"uri": "s3://b-4/x"}}'), ["__proto__.uri s3://b-4/x"]],
  ])("%j: %j", (options, expected) => {
    expect(found(options)).toEqual(expected);
  });

  test.each<[JsonObject, string]>([
    [{ storage_config: "s3://bucket" }, "storage_config"],
    [{ storage_config: '{"s3": {"bucket": "b-1"}}' }, "storage_config"],
    [{ storage_config: [] }, "storage_config"],
    [{ storage_config: { s3: "bucket" } }, "storage_config.s3"],
    [{ storage_config: { s3: { prefix: "x" } } }, "storage_config.s3.bucket"],
    [{ storage_config: { s3: { bucket: ["b-1"] } } }, "storage_config.s3.bucket"],
    [{ storage_config: { s3: { bucket: "b-1", prefix: 7 } } }, "storage_config.s3.prefix"],
    [{ storage_config: { s3: { bucket: "b-1", prefix: "../x" } } }, "storage_config.s3"],
    [{ storage_config: { s3: { bucket: "b-1/x" } } }, "storage_config.s3"],
    [
      { storage_config: { s3: { bucket: "b-1", region: "x.elsewhere.com/" } } },
      "storage_config.s3.region",
    ],
    [{ output_s3_uri: 7 }, "output_s3_uri"],
    [{ output_s3_uri: ["s3://b-1/x"] }, "output_s3_uri"],
    [{ output_s3_uri: "b-1/x" }, "output_s3_uri"],
    [{ output_s3_uri: "" }, "output_s3_uri"],
    [{ another: " S3://b-1/x" }, "another"],
  ])("%j is refused, naming %s", (options, param) => {
    const error = errorOf(() => findS3Locations(options));
    expect([error?.code, error?.details.param]).toEqual(["invalid_request", param]);
  });

  test("pass one gate, whichever field names them", () => {
    const client = { s3: ["s3://b-1/team"] };
    const inside = { storage_config: { s3: { bucket: "b-1", prefix: "team/in" } } };
    expect(checkS3Options(client, { ...inside, output_s3_uri: "s3://b-1/team/out" })).toHaveLength(
      2,
    );
    for (const outside of [
      { ...inside, output_s3_uri: "s3://b-1/other" },
      { storage_config: { s3: { bucket: "b-1" } }, output_s3_uri: "s3://b-1/team/out" },
      { ...inside, hidden: { somewhere: "s3://b-2/x" } },
    ]) {
      expect(codeOf(() => checkS3Options(client, outside))).toBe("forbidden");
    }
  });

  test("deep nesting doesn't exhaust the stack", () => {
    let options: JsonObject = { uri: "s3://b-1/x" };
    for (let depth = 0; depth < 100_000; depth += 1) options = { n: options };
    expect(findS3Locations(options)).toHaveLength(1);
  });
});
