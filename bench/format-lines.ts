/**
 * Request and result lines as clients and OpenAI write them, about 3 kB each, the same on every run: prose of several
 * languages with escapes, system prompts, several turns, and in one line of six tools and their calls.
 */
export function* requestLines(bytes: number): Generator<string> {
  yield* lines(bytes, (random, number) => ({
    custom_id: `request-${number}`,
    method: "POST",
    url: "/v1/chat/completions",
    body: requestBody(random),
  }));
}

export function* resultLines(bytes: number): Generator<string> {
  yield* lines(bytes, (random, number) => ({
    id: `batch_req_${number.toString(16).padStart(32, "0")}`,
    custom_id: `request-${number}`,
    response: { status_code: 200, request_id: `req_${number}`, body: responseBody(random, number) },
    error: null,
  }));
}

function* lines(
  bytes: number,
  write: (random: Random, number: number) => unknown,
): Generator<string> {
  const random = createRandom(1);
  let written = 0;
  for (let number = 1; written < bytes; number += 1) {
    const line = JSON.stringify(write(random, number));
    written += Buffer.byteLength(line) + 1;
    yield line;
  }
}

/** A whole number from 0 to below `limit`. */
type Random = (limit: number) => number;

function createRandom(seed: number): Random {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 0x1_0000_0000) * limit);
  };
}

const SENTENCES = {
  english: [
    "The quarterly report shows that revenue in the northern region grew by 4.2%, mostly from renewals.",
    'She wrote: "Please check the attached figures before Thursday", and left the office at 17:40.',
    "A careful reader will notice that the second clause contradicts the first one.",
    "If the customer asks for a refund, explain the policy in two sentences and offer store credit.",
    "Most of the delay came from a single warehouse, where the scanners had lost their connection.",
    "Summarise the passage, name the people in it, and say what each of them wanted.",
    "The old bridge was closed in March; traffic now goes around the lake, which takes ten minutes more.",
    "Our tests ran for three days, and the slowest request took 812 ms at the 99th percentile.",
  ],
  european: [
    "Die Prüfung der Anträge dauert in der Regel zwei bis drei Wochen, außer während der Ferien.",
    "L’été dernier, les élèves ont découvert une forêt où personne n’était entré depuis des années.",
    "El señor Muñoz pidió que le enviáramos la factura corregida antes del día quince.",
    "Nous avons reçu votre lettre du 3 août ; la réponse vous parviendra bientôt.",
    "Für die Rückgabe benötigen Sie nur den Beleg und die ursprüngliche Verpackung.",
  ],
  other: [
    "会議は来週の火曜日に延期されました。資料は金曜日までに送ってください。",
    "Пожалуйста, проверьте адрес доставки и подтвердите заказ до конца дня.",
    "请把下面的段落翻译成英文，并保留所有的数字和人名。",
    "The mood was great 🎉 — “best launch so far”, said the team… and then the pager rang 📟.",
    "यह रिपोर्ट पिछले साल के आँकड़ों पर आधारित है।",
  ],
} as const;

const CODE = `function total(items) {\n\tlet sum = 0;\n\tfor (const item of items) {\n\t\tif (item.price === "") continue;\n\t\tsum += Number(item.price) * item.count; // "price" may be text\n\t}\n\treturn sum;\n}\n`;

/** A conversation is in one language: of ten six are in English, two in one of western Europe, two in any. */
function prose(random: Random, language: Language, length: number): string {
  let text = "";
  while (text.length < length) {
    const isEnglish = random(3) === 0;
    const sentences = isEnglish ? SENTENCES.english : SENTENCES[language];
    text += sentences[random(sentences.length)] ?? "";
    text += random(5) === 0 ? "\n\n" : " ";
    if (random(40) === 0) text += `\`\`\`js\n${CODE}\`\`\`\n`;
  }
  return text.trimEnd();
}

type Language = keyof typeof SENTENCES;

function languageOf(random: Random): Language {
  const kind = random(10);
  return kind < 6 ? "english" : kind < 8 ? "european" : "other";
}

function requestBody(random: Random): object {
  const language = languageOf(random);
  const system = { role: "system", content: prose(random, language, 200 + random(400)) };
  const turns: object[] = [];
  const count = 1 + random(3);
  for (let turn = 0; turn < count; turn += 1) {
    turns.push({ role: "user", content: prose(random, language, 300 + random(800)) });
    if (turn + 1 < count)
      turns.push({ role: "assistant", content: prose(random, language, 200 + random(700)) });
  }
  const hasTools = random(6) === 0;
  return {
    model: "gpt-4o-mini",
    messages: hasTools ? [system, ...turns, ...toolTurns(random, language)] : [system, ...turns],
    ...(hasTools ? { tools: TOOLS, tool_choice: "auto" } : {}),
    max_completion_tokens: 500 + random(1_000),
    temperature: random(10) / 10,
    ...(random(4) === 0 ? { stop: ["\n\n###", "END"] } : {}),
  };
}

function toolTurns(random: Random, language: Language): object[] {
  const id = `call_${random(0xff_ff_ff).toString(16)}abcdefgh`;
  const input = JSON.stringify({ city: "Zürich", days: 1 + random(7), note: 'say "hello"' });
  return [
    {
      role: "assistant",
      content: null,
      tool_calls: [{ id, type: "function", function: { name: "get_weather", arguments: input } }],
    },
    {
      role: "tool",
      tool_call_id: id,
      content: JSON.stringify({ days: [{ high: 21.5, low: 12 }] }),
    },
    { role: "user", content: prose(random, language, 100 + random(200)) },
  ];
}

const TOOLS = ["get_weather", "find_trains"].map((name) => ({
  type: "function",
  function: {
    name,
    description: `Looks up what the traveller needs to know (${name}).`,
    parameters: {
      type: "object",
      properties: {
        city: { type: "string", description: "The city, as the traveller wrote it" },
        days: { type: "integer", minimum: 1, maximum: 7 },
        note: { type: "string" },
      },
      required: ["city"],
      additionalProperties: false,
    },
  },
}));

function responseBody(random: Random, number: number): object {
  const callsTool = random(6) === 0;
  const content = prose(random, languageOf(random), callsTool ? 1_000 : 1_800 + random(1_600));
  const id = `call_${random(0xff_ff_ff).toString(16)}abcdefgh`;
  const input = JSON.stringify({ city: "Zürich", days: 1 + random(7) });
  const call = { id, type: "function", function: { name: "get_weather", arguments: input } };
  const [prompt, completion] = [200 + random(800), 300 + random(700)];
  return {
    id: `chatcmpl-${number.toString(36).padStart(24, "A")}`,
    object: "chat.completion",
    created: 1_790_000_000 + number,
    model: "gpt-4o-mini-2024-07-18",
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content,
          refusal: null,
          annotations: [],
          ...(callsTool ? { tool_calls: [call] } : {}),
        },
        logprobs: null,
        finish_reason: callsTool ? "tool_calls" : "stop",
      },
    ],
    usage: {
      prompt_tokens: prompt,
      completion_tokens: completion,
      total_tokens: prompt + completion,
      prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
    service_tier: "default",
    system_fingerprint: "fp_0aa8d3e20b",
  };
}
