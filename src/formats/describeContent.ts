const text = new TextDecoder('latin1');

/** What the beginnings of files mean that people take for models, most telling first. */
const SIGNATURES: readonly { matches(head: Uint8Array, start: string): boolean; what: string }[] = [
  {
    matches: (_, start) => start.startsWith('version https://git-lfs'),
    what: 'a pointer of Git LFS, not the model itself; fetch it with `git lfs pull`',
  },
  { matches: (_, start) => start.startsWith('GGUF'), what: 'a GGUF model' },
  {
    matches: (_, start) => start.startsWith('\x89HDF'),
    what: 'HDF5 data, such as a Keras model; convert it to ONNX',
  },
  {
    matches: (_, start) => start.startsWith('PK\x03\x04'),
    what: 'a ZIP archive, such as a PyTorch or Keras model; convert it to ONNX',
  },
  { matches: (_, start) => start.startsWith('\x1f\x8b'), what: 'gzip data; unpack it first' },
  {
    matches: (head) => head[0] === 0x80 && (head[1] ?? 9) <= 5,
    what: 'a Python pickle, such as a PyTorch model',
  },
  {
    matches: (_, start) => /^\s*<(!doctype|html)/i.test(start),
    what: 'a web page, not a model; download it again',
  },
  { matches: (_, start) => /^\s*[{[]\s*["{[\]}]/.test(start), what: 'JSON' },
  { matches: (head) => head.every((byte) => byte === 0), what: 'nothing but zeros' },
  { matches: (head) => head.every(isText), what: 'text' },
];

/** In words, what a file holds that no format recognizes; null when nothing can be told from its beginning. */
export function describeContent(head: Uint8Array, size: number): string | null {
  if (size === 0) return 'nothing (0 bytes)';
  const start = text.decode(head.subarray(0, 256));
  return SIGNATURES.find((signature) => signature.matches(head, start))?.what ?? null;
}

function isText(byte: number): boolean {
  return byte >= 32 || byte === 9 || byte === 10 || byte === 13;
}
