import type { ProviderName } from "./world.ts";

/** What the gateway makes of a field in which an id, a name or an address can stand. */
type Meaning =
  /** Something of the provider's account that no key owns: refused. */
  | "account"
  /** A file: refused unless it is the key's own. */
  | "file"
  /** A place in S3: refused unless it is the key's own. */
  | "s3"
  /** Nothing of an account: a name within the request, an address of the web, a label. */
  | "nothing";

export interface ReferenceField {
  readonly format: ProviderName;
  /** As a refusal writes it, below the body. */
  readonly path: string;
  readonly meaning: Meaning;
  /** Members of a request's body. */
  readonly body: object;
  /** The id that stands there. */
  readonly id: string;
}

type Row = readonly [path: string, id: string, body: object];

const item = (fields: object) => ({ input: [fields] });
const message = (...content: readonly object[]) => ({ messages: [{ role: "user", content }] });
const tool = (fields: object) => ({ tools: [fields] });
const part = (fields: object) => ({ contents: [{ role: "user", parts: [fields] }] });

const OPENAI_ACCOUNT: readonly Row[] = [
  ["previous_response_id", "resp_1", { previous_response_id: "resp_1" }],
  ["conversation", "conv_1", { conversation: "conv_1" }],
  ["conversation.id", "conv_2", { conversation: { id: "conv_2" } }],
  ["prompt.id", "pmpt_1", { prompt: { id: "pmpt_1", version: "2", variables: { a: "b" } } }],
  ["input[].id", "msg_1", item({ type: "item_reference", id: "msg_1" })],
  ["input[].id", "msg_2", item({ id: "msg_2" })],
  ["input[].id", "msg_3", item({ type: null, id: "msg_3" })],
  ["input[].id", "msg_4", item({ type: "message", id: "msg_4", Type: "item_reference" })],
  ["input[].id", "rs_1", item({ type: "reasoning", id: "rs_1", summary: [] })],
  ["input[].id", "rs_2", item({ type: "reasoning", id: "rs_2", encrypted_content: "" })],
  ["input[].id", "ig_1", item({ type: "image_generation_call", id: "ig_1" })],
  ["input[].id", "new_1", item({ type: "an_item_of_tomorrow", id: "new_1" })],
  [
    "input[].container_id",
    "cntr_1",
    item({ type: "code_interpreter_call", id: "ci_1", container_id: "cntr_1", code: "1" }),
  ],
  [
    "input[].environment.container_id",
    "cntr_2",
    item({ type: "shell_call", environment: { container_id: "cntr_2" } }),
  ],
  [
    "input[].content[].annotations[].container_id",
    "cntr_3",
    item({
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text: "", annotations: [{ container_id: "cntr_3" }] }],
    }),
  ],
  [
    "input[].environment.skills[].skill_id",
    "skill_1",
    item({ type: "shell_call", environment: { skills: [{ skill_id: "skill_1" }] } }),
  ],
  ["tools[].container", "cntr_4", tool({ type: "code_interpreter", container: "cntr_4" })],
  [
    "tools[].environment.container_id",
    "cntr_5",
    tool({
      type: "shell",
      environment: { type: "container_reference", container_id: "cntr_5" },
    }),
  ],
  [
    "tools[].environment.skills[].skill_id",
    "skill_2",
    tool({
      type: "shell",
      environment: { skills: [{ type: "skill_reference", skill_id: "skill_2" }] },
    }),
  ],
  ["tools[].vector_store_ids[]", "vs_1", tool({ type: "file_search", vector_store_ids: ["vs_1"] })],
  [
    "tools[].tunnel_id",
    "tunnel_1",
    tool({ type: "mcp", server_label: "a", tunnel_id: "tunnel_1" }),
  ],
  [
    "messages[].audio.id",
    "audio_1",
    { messages: [{ role: "assistant", audio: { id: "audio_1" } }] },
  ],
  ["audio.voice.id", "voice_1", { audio: { format: "wav", voice: { id: "voice_1" } } }],
];

const OPENAI_FILES: readonly Row[] = [
  ["messages[].content[].file.file_id", "", message({ type: "file", file: { file_id: "ID" } })],
  [
    "input[].content[].file_id",
    "",
    item({ role: "user", content: [{ type: "input_file", file_id: "ID" }] }),
  ],
  [
    "input[].content[].annotations[].file_id",
    "",
    item({ role: "assistant", content: [{ annotations: [{ file_id: "ID" }] }] }),
  ],
  [
    "input[].output[].file_id",
    "",
    item({ type: "function_call_output", call_id: "a", output: [{ file_id: "ID" }] }),
  ],
  [
    "input[].output.file_id",
    "",
    item({ type: "computer_call_output", call_id: "a", output: { file_id: "ID" } }),
  ],
  [
    "input[].results[].file_id",
    "",
    item({ type: "file_search_call", id: "fs_1", results: [{ file_id: "ID" }] }),
  ],
  ["prompt.variables.a.file_id", "", { prompt: { variables: { a: { file_id: "ID" } } } }],
  [
    "tools[].container.file_ids[]",
    "",
    tool({ type: "code_interpreter", container: { type: "auto", file_ids: ["ID"] } }),
  ],
  [
    "tools[].environment.file_ids[]",
    "",
    tool({ type: "shell", environment: { file_ids: ["ID"] } }),
  ],
  [
    "tools[].input_image_mask.file_id",
    "",
    tool({ type: "image_generation", input_image_mask: { file_id: "ID" } }),
  ],
  ["images[].file_id", "", { images: [{ file_id: "ID" }] }],
  ["mask.file_id", "", { mask: { file_id: "ID" } }],
  ["input_reference.file_id", "", { input_reference: { file_id: "ID" } }],
];

const WEB = "https://a.example/x";

const OPENAI_NOTHING: readonly Row[] = [
  ["input[].image_url", "", item({ type: "input_image", image_url: WEB })],
  ["tools[].input_image_mask.image_url", "", tool({ input_image_mask: { image_url: WEB } })],
  ["prompt.variables.a.image_url", "", { prompt: { variables: { a: { image_url: WEB } } } }],
  ["prompt.variables.a.file_url", "", { prompt: { variables: { a: { file_url: WEB } } } }],
  ["input[].output.image_url", "", item({ output: { image_url: WEB } })],
  ["input[].output.file_url", "", item({ output: { file_url: WEB } })],
  ["input[].outputs[].url", "", item({ outputs: [{ url: WEB }] })],
  ["input[].action.sources[].url", "", item({ action: { sources: [{ url: WEB }] } })],
  ["input[].id", "", item({ type: "message", id: "msg_9", role: "assistant", content: [] })],
  ["input[].id", "", item({ type: "function_call", id: "fc_9", call_id: "c", name: "a" })],
  ["input[].id", "", item({ type: "reasoning", id: "rs_9", encrypted_content: "gAAAA" })],
  ["input[].id", "", item({ type: "image_generation_call", id: "ig_9", result: "iVBOR" })],
  ["input[].call_id", "", item({ type: "function_call_output", call_id: "c", output: "" })],
  ["input[].caller.caller_id", "", item({ type: "function_call", caller: { caller_id: "c" } })],
  [
    "input[].approval_request_id",
    "",
    item({ type: "mcp_approval_response", approval_request_id: "m", approve: true }),
  ],
  [
    "input[].pending_safety_checks[].id",
    "",
    item({ type: "computer_call", pending_safety_checks: [{ id: "s" }] }),
  ],
  [
    "input[].acknowledged_safety_checks[].id",
    "",
    item({ type: "computer_call_output", acknowledged_safety_checks: [{ id: "s" }] }),
  ],
  ["tools[].connector_id", "", tool({ type: "mcp", connector_id: "connector_dropbox" })],
  ["tools[].server_url", "", tool({ type: "mcp", server_url: "https://mcp.example" })],
  [
    "tools[].environment.skills[].skill_id",
    "",
    tool({ environment: { skills: [{ skill_id: "openai-spreadsheets" }] } }),
  ],
  ["messages[].tool_calls[].id", "", { messages: [{ tool_calls: [{ id: "call_1" }] }] }],
  ["messages[].tool_call_id", "", { messages: [{ role: "tool", tool_call_id: "call_1" }] }],
  [
    "messages[].content[].image_url.url",
    "",
    message({ type: "image_url", image_url: { url: "https://a.example/x.png" } }),
  ],
  ["input[].content[].image_url", "", item({ content: [{ image_url: "https://a.example/x" }] })],
  ["input[].content[].file_url", "", item({ content: [{ file_url: "https://a.example/x" }] })],
  ["input[].action.url", "", item({ type: "web_search_call", action: { url: "https://a" } })],
  [
    "input[].content[].annotations[].url",
    "",
    item({ content: [{ annotations: [{ url: "https://a.example" }] }] }),
  ],
  ["metadata.file_id", "", { metadata: { file_id: "theirs", conversation: "x", prompt: "y" } }],
];

const ANTHROPIC_ACCOUNT: readonly Row[] = [
  ["container", "container_1", { container: "container_1" }],
  ["container.id", "container_2", { container: { id: "container_2" } }],
  [
    "container.skills[].skill_id",
    "skill_01A",
    { container: { skills: [{ type: "custom", skill_id: "skill_01A", version: "latest" }] } },
  ],
  ["user_profile_id", "uprof_1", { user_profile_id: "uprof_1" }],
];

const ANTHROPIC_FILES: readonly Row[] = [
  [
    "messages[].content[].source.file_id",
    "",
    message({ type: "document", source: { type: "file", file_id: "ID" } }),
  ],
  ["messages[].content[].file_id", "", message({ type: "container_upload", file_id: "ID" })],
  [
    "messages[].content[].content[].source.file_id",
    "",
    message({ type: "tool_result", content: [{ source: { type: "file", file_id: "ID" } }] }),
  ],
  [
    "messages[].content[].content.content[].file_id",
    "",
    message({ type: "code_execution_tool_result", content: { content: [{ file_id: "ID" }] } }),
  ],
];

const ANTHROPIC_NOTHING: readonly Row[] = [
  [
    "container.skills[].skill_id",
    "",
    { container: { skills: [{ type: "anthropic", skill_id: "pptx" }] } },
  ],
  ["metadata.user_id", "", { metadata: { user_id: "someone" } }],
  ["mcp_servers[].url", "", { mcp_servers: [{ type: "url", url: "https://a.example" }] }],
  ["messages[].content[].id", "", message({ type: "tool_use", id: "toolu_1", name: "a" })],
  ["messages[].content[].tool_use_id", "", message({ type: "tool_result", tool_use_id: "t" })],
  ["messages[].content[].caller.tool_id", "", message({ caller: { tool_id: "srvtoolu_1" } })],
  ["messages[].content[].source.url", "", message({ source: { type: "url", url: "https://a" } })],
  ["messages[].content[].content[].url", "", message({ content: [{ url: "https://a" }] })],
  ["messages[].content[].citations[].url", "", message({ citations: [{ url: "https://a" }] })],
];

const GEMINI_ACCOUNT: readonly Row[] = [
  ["cachedContent", "cachedContents/1", { cachedContent: "cachedContents/1" }],
  ["cached_content", "cachedContents/2", { cached_content: "cachedContents/2" }],
  [
    "tools[].fileSearch.fileSearchStoreNames[]",
    "fileSearchStores/1",
    tool({ fileSearch: { fileSearchStoreNames: ["fileSearchStores/1"] } }),
  ],
  [
    "tools[].file_search.file_search_store_names[]",
    "fileSearchStores/2",
    tool({ file_search: { file_search_store_names: ["fileSearchStores/2"] } }),
  ],
];

const GEMINI_FILES: readonly Row[] = [
  [
    "contents[].parts[].fileData.fileUri",
    "",
    part({ fileData: { fileUri: "https://generativelanguage.googleapis.com/v1beta/files/id1" } }),
  ],
  ["contents[].parts[].file_data.file_uri", "", part({ file_data: { file_uri: "files/id2" } })],
  [
    "contents[].parts[].functionResponse.parts[].fileData.fileUri",
    "",
    part({ functionResponse: { parts: [{ fileData: { fileUri: "files/id3" } }] } }),
  ],
];

const GEMINI_NOTHING: readonly Row[] = [
  ["contents[].parts[].functionCall.id", "", part({ functionCall: { id: "a", name: "b" } })],
  ["contents[].parts[].functionResponse.id", "", part({ functionResponse: { id: "a" } })],
  ["contents[].parts[].executableCode.id", "", part({ executableCode: { id: "a" } })],
  ["contents[].parts[].codeExecutionResult.id", "", part({ codeExecutionResult: { id: "a" } })],
  ["contents[].parts[].toolCall.id", "", part({ toolCall: { id: "a" } })],
  ["contents[].parts[].toolResponse.id", "", part({ toolResponse: { id: "a" } })],
  [
    "toolConfig.functionCallingConfig.allowedFunctionNames[]",
    "",
    {
      toolConfig: { functionCallingConfig: { allowedFunctionNames: ["a"] } },
    },
  ],
  [
    "tools[].mcpServers[].streamableHttpTransport.url",
    "",
    tool({
      mcpServers: [{ streamableHttpTransport: { url: "https://a.example" } }],
    }),
  ],
];

const BEDROCK_ACCOUNT: readonly Row[] = [
  [
    "guardrailConfig.guardrailIdentifier",
    "gr1",
    { guardrailConfig: { guardrailIdentifier: "gr1", guardrailVersion: "1" } },
  ],
];

const s3 = (kind: string): Row => [
  `messages[].content[].${kind}.source.s3Location.uri`,
  `s3://someone/${kind}`,
  message({ [kind]: { source: { s3Location: { uri: `s3://someone/${kind}` } } } }),
];
const BEDROCK_S3: readonly Row[] = [
  ...["image", "document", "video", "audio"].map(s3),
  [
    "mediaSource.s3Location.uri",
    "s3://someone/x",
    { mediaSource: { s3Location: { uri: "s3://someone/x" } } },
  ],
];

const BEDROCK_NOTHING: readonly Row[] = [
  ["messages[].content[].toolUse.toolUseId", "", message({ toolUse: { toolUseId: "a" } })],
  ["messages[].content[].toolResult.toolUseId", "", message({ toolResult: { toolUseId: "a" } })],
  [
    "messages[].content[].citationsContent.citations[].location.web.url",
    "",
    message({ citationsContent: { citations: [{ location: { web: { url: "https://a" } } }] } }),
  ],
  // AWS checks whose bucket it is by this; the place itself is the URI's.
  [
    "messages[].content[].image.source.s3Location.bucketOwner",
    "",
    message({ image: { source: { s3Location: { bucketOwner: "123456789012" } } } }),
  ],
];

const rows = (
  format: ProviderName,
  meaning: Meaning,
  table: readonly Row[],
): readonly ReferenceField[] =>
  table.map(([path, id, body]) => ({ format, meaning, path, id, body }));

/** Every field in bodies of the four formats in which an id, a name or an address can stand, by the vendors' documents. */
export const REFERENCE_FIELDS: readonly ReferenceField[] = [
  ...rows("openai", "account", OPENAI_ACCOUNT),
  ...rows("openai", "file", OPENAI_FILES),
  ...rows("openai", "nothing", OPENAI_NOTHING),
  ...rows("anthropic", "account", ANTHROPIC_ACCOUNT),
  ...rows("anthropic", "file", ANTHROPIC_FILES),
  ...rows("anthropic", "nothing", ANTHROPIC_NOTHING),
  ...rows("gemini", "account", GEMINI_ACCOUNT),
  ...rows("gemini", "file", GEMINI_FILES),
  ...rows("gemini", "nothing", GEMINI_NOTHING),
  ...rows("bedrock", "account", BEDROCK_ACCOUNT),
  ...rows("bedrock", "s3", BEDROCK_S3),
  ...rows("bedrock", "nothing", BEDROCK_NOTHING),
];
