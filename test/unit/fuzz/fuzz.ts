import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { ModelError } from '../../../src/model/modelError';
import { seededRandom } from '../../../src/runtime/random';
import { writeMlmodel, writeMlpackage } from './coreml';
import { below, pick, type Random } from './odd';
import { writeOnnx } from './onnx';
import { PYTHON_PIECES, SOURCES } from './pythonSeeds';
import { checkSentence, openAsPage, openAsPython, openAsText } from './questions';
import { damageText } from './text';
import { TEXTS } from './textSeeds';
import { writeTflite } from './tflite';

/** How inputs of a kind are made and opened. Both take what they decide from a seed. */
interface Fuzzed {
  /** @returns the path of a damaged input in an empty folder */
  write(random: Random, folder: string): string;
  /** @throws ModelError where it is refused */
  open(path: string, random: Random): void | Promise<void>;
}

const TEXT_PIECES = [
  ...[
    '(',
    ')',
    '{',
    '}',
    '<',
    '>',
    '[',
    ']',
    ',',
    ':',
    '=',
    '"',
    '=>',
    '@',
    '#',
    '\\',
    '\n',
    '.',
    '-',
    '1e',
    '0x',
  ],
  ...[
    'float[N,3] ',
    'seq(',
    'optional(',
    'map(',
    'graph',
    'tensor',
    'domain: "local"',
    '__proto__',
    'constructor',
  ],
  ...['y = Add (x, x)\n', 'g (float x) => (float y) { }', '"\\u0000"', 'quantized(', '...', 'é'],
];

export const FORMATS = {
  onnx: { write: writeOnnx, open: openAsPage },
  tflite: { write: writeTflite, open: openAsPage },
  mlmodel: { write: writeMlmodel, open: openAsPage },
  mlpackage: { write: writeMlpackage, open: openAsPage },
  onnxtxt: { write: writer('damaged.onnxtxt', TEXTS, TEXT_PIECES), open: openAsText },
  python: { write: writer('damaged.py', SOURCES, PYTHON_PIECES), open: openAsPython },
} as const satisfies Record<string, Fuzzed>;

export type FuzzFormat = keyof typeof FORMATS;

function writer(name: string, texts: readonly string[], pieces: readonly string[]): Fuzzed['write'] {
  return (random, folder) => {
    const file = path.join(folder, name);
    const edits = 1 + below(random, 8);
    writeFileSync(file, damageText(pick(random, texts), pick(random, texts), pieces, random, edits));
    return file;
  };
}

/** Milliseconds that opening took. */
export type Outcome = { readonly refused: boolean; readonly ms: number };

/**
 * Makes the input of a seed and opens it: it must be shown, or refused with a sentence.
 *
 * @param scratch a folder of the caller's, in which the input is removed again
 * @throws Error that names the seed, where opening did anything else
 */
export async function fuzz(format: FuzzFormat, seed: number, scratch: string): Promise<Outcome> {
  const { write, open }: Fuzzed = FORMATS[format];
  const folder = mkdtempSync(path.join(scratch, 'input-'));
  const random = seededRandom(seed);
  try {
    const input = write(random, folder);
    const start = performance.now();
    const refused = await isRefused(() => open(input, random));
    return { refused, ms: performance.now() - start };
  } catch (error) {
    throw new Error(`${format}, seed ${seed}: ${error}`, { cause: error });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function isRefused(open: () => void | Promise<void>): Promise<boolean> {
  try {
    await open();
    return false;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    checkSentence(error);
    return true;
  }
}
