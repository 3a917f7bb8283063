import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Language, Parser } from 'web-tree-sitter';

/**
 * Starts the parser of Python.
 * @param folder where `web-tree-sitter.wasm` and `tree-sitter-python.wasm` lie
 */
export async function startParser(folder: string): Promise<Parser> {
  const wasmBinary = await readFile(path.join(folder, 'web-tree-sitter.wasm'));
  await Parser.init({ wasmBinary });
  const language = await Language.load(await readFile(path.join(folder, 'tree-sitter-python.wasm')));
  const parser = new Parser();
  parser.setLanguage(language);
  return parser;
}
