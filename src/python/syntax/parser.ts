import { readFile } from 'node:fs/promises';
import { Language, Parser } from 'web-tree-sitter';

/** Where the two modules of the parser lie. */
export interface ParserFiles {
  /** `web-tree-sitter.wasm` */
  readonly machinery: string;
  /** `tree-sitter-python.wasm` */
  readonly grammar: string;
}

/** Starts the parser of Python. */
export async function startParser({ machinery, grammar }: ParserFiles): Promise<Parser> {
  await Parser.init({ wasmBinary: await readFile(machinery) });
  const language = await Language.load(await readFile(grammar));
  return new Parser().setLanguage(language);
}
