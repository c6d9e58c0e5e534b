/**
 * Converse names formats of media by short words of its own; everybody else says media types.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */
export interface MediaFormats {
  /** `png` → `image/png`. */
  readonly types: ReadonlyMap<string, string>;
  /** `image/png` → `png`. */
  readonly formats: ReadonlyMap<string, string>;
}

export const IMAGES = mediaFormats({
  png: ["image/png"],
  jpeg: ["image/jpeg", "image/jpg"],
  gif: ["image/gif"],
  webp: ["image/webp"],
});

export const DOCUMENTS = mediaFormats({
  pdf: ["application/pdf"],
  csv: ["text/csv"],
  doc: ["application/msword"],
  docx: ["application/vnd.openxmlformats-officedocument.wordprocessingml.document"],
  xls: ["application/vnd.ms-excel"],
  xlsx: ["application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"],
  html: ["text/html"],
  txt: ["text/plain", "application/json", "application/xml", "text/xml"],
  md: ["text/markdown"],
});

export const VIDEOS = mediaFormats({
  mkv: ["video/x-matroska"],
  mov: ["video/quicktime"],
  mp4: ["video/mp4"],
  webm: ["video/webm"],
  flv: ["video/x-flv"],
  mpeg: ["video/mpeg"],
  mpg: ["video/mpg"],
  wmv: ["video/x-ms-wmv", "video/wmv"],
  three_gp: ["video/3gpp"],
});

export const SOUNDS = mediaFormats({
  mp3: ["audio/mpeg", "audio/mp3"],
  opus: ["audio/opus"],
  wav: ["audio/wav", "audio/x-wav", "audio/wave"],
  aac: ["audio/aac"],
  flac: ["audio/flac", "audio/x-flac"],
  mp4: ["audio/mp4"],
  ogg: ["audio/ogg"],
  mkv: ["audio/x-matroska"],
  mka: ["audio/matroska"],
  "x-aac": ["audio/x-aac"],
  m4a: ["audio/m4a", "audio/x-m4a"],
  // What `mp3` says too; that one is written, this one is only read.
  mpeg: ["audio/mpeg"],
  mpga: ["audio/mpga"],
  pcm: ["audio/pcm", "audio/l16"],
  webm: ["audio/webm"],
});

/** By the end of an address: `s3://bucket/report.pdf`. */
export function formatOfAddress(address: string, media: MediaFormats): string | undefined {
  const extension = address.slice(address.lastIndexOf(".") + 1).toLowerCase();
  const format = ALIASES.get(extension) ?? extension;
  return media.types.has(format) ? format : undefined;
}

const ALIASES: ReadonlyMap<string, string> = new Map([
  ["jpg", "jpeg"],
  ["3gp", "three_gp"],
  ["htm", "html"],
]);

function mediaFormats(
  table: Readonly<Record<string, readonly [string, ...string[]]>>,
): MediaFormats {
  const types = new Map<string, string>();
  const formats = new Map<string, string>();
  for (const [format, names] of Object.entries(table)) {
    types.set(format, names[0]);
    for (const name of names) if (!formats.has(name)) formats.set(name, format);
  }
  return { types, formats };
}
