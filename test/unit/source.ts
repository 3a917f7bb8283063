import path from 'node:path';
import { analyzeSource } from '../../src/python/analyze';
import type { SourceFile } from '../../src/python/sourceFile';
import { PythonDocument } from '../../src/python/syntax/document';
import { type ParserFiles, startParser } from '../../src/python/syntax/parser';

const PACKAGES = path.resolve(import.meta.dirname, '../../node_modules');

export const PARSER_FILES: ParserFiles = {
  machinery: path.join(PACKAGES, 'web-tree-sitter/web-tree-sitter.wasm'),
  grammar: path.join(PACKAGES, 'tree-sitter-python/tree-sitter-python.wasm'),
};

const parser = startParser(PARSER_FILES);

/** A document of Python with its parser. */
export async function openSource(text: string): Promise<PythonDocument> {
  return new PythonDocument(await parser, text);
}

/** What is found in a source. */
export async function analyze(text: string): Promise<SourceFile> {
  const document = await openSource(text);
  const file = analyzeSource(
    document.read(() => {}),
    () => {},
  );
  document.close();
  return file;
}

/** Layers of a module as `path layer parameters`, for comparing at a glance. */
export function table(file: SourceFile, name: string): string[] {
  const module = file.modules.find((one) => one.name === name);
  return (
    module?.layers.map(({ call, instance }) => `${instance.path} ${call.layer} ${instance.parameters}`) ?? []
  );
}
