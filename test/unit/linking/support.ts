import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Language, Parser } from 'web-tree-sitter';
import { analyze } from '../../../src/analysis/inspect';
import { openModel } from '../../../src/formats';
import { analyzeSource } from '../../../src/python/analyze';
import { indexModel } from '../../../src/python/linking/indexModel';
import { isAmbiguous, linkModule } from '../../../src/python/linking/linkModule';
import type { ModelIndex } from '../../../src/python/linking/modelIndex';
import type { ModuleLink } from '../../../src/python/linking/moduleLink';
import type { LayerInstance, LayerWeight, SourceModule } from '../../../src/python/sourceFile';
import { PythonDocument } from '../../../src/python/syntax/document';

/** What the parser finds in a source. */
export async function parse(text: string): Promise<readonly SourceModule[]> {
  const packages = path.resolve(import.meta.dirname, '../../../node_modules');
  const wasm = (name: string) => readFileSync(path.join(packages, name));
  await Parser.init({ wasmBinary: wasm('web-tree-sitter/web-tree-sitter.wasm') });
  const parser = new Parser();
  parser.setLanguage(await Language.load(wasm('tree-sitter-python/tree-sitter-python.wasm')));
  const nothing = () => {};
  return analyzeSource(new PythonDocument(parser, text).read(nothing), nothing).modules;
}

export function indexOf(file: string): ModelIndex {
  const model = openModel(file);
  try {
    return indexModel(model.format, analyze(model, { dims: {}, shapes: {} }));
  } finally {
    model.close();
  }
}

export function linked(module: SourceModule | undefined, index: ModelIndex): ModuleLink {
  const link = module && linkModule(module, index);
  if (!link || isAmbiguous(link)) throw new Error('The module was not found in the model.');
  return link;
}

const START = { line: 0, character: 0 };
const RANGE = { start: START, end: START };

/** A module made of layers, each by its path: `[layer, role, shape, role, shape …]`. */
export function moduleOf(
  layers: Record<string, readonly [string, ...(string | readonly (number | null)[])[]]>,
  framework: 'torch' | 'keras' = 'torch',
): SourceModule {
  return {
    framework,
    name: 'Net',
    range: RANGE,
    complete: true,
    madeBy: 'Net',
    args: '',
    parameters: null,
    atLeast: 0,
    gaps: [],
    buffers: null,
    layers: Object.entries(layers).map(([name, [layer, ...rest]]) => {
      const weights: LayerWeight[] = [];
      for (let at = 0; at < rest.length; at += 2) {
        const role = rest[at] as string;
        weights.push({ role, shape: rest[at + 1] as number[], trainable: !/running|moving/.test(role) });
      }
      const instance: LayerInstance = {
        module: 'Net',
        path: name,
        weights,
        args: [],
        parameters: null,
        buffers: null,
        formula: null,
        output: null,
        uncertain: false,
        unknown: [],
      };
      return { call: { framework, layer, range: RANGE, instances: [instance], made: 1, open: [] }, instance };
    }),
  };
}

/** An index with one row for each name: `[op, weight, shape, weight, shape …]`. */
export function indexWith(
  rows: Record<string, readonly [string, ...(string | readonly number[])[]]>,
  named: (name: string, weight: string) => { paths: string[]; weightPaths: string[] },
): ModelIndex {
  return {
    format: 'onnx',
    separator: '.',
    weightType: 'float32',
    parameters: null,
    parameterBytes: null,
    macs: null,
    complete: true,
    rows: Object.entries(rows).map(([name, [op, ...rest]], row) => ({
      row,
      id: String(row),
      name,
      op,
      paths: named(name, '').paths,
      repeats: null,
      weights: rest.flatMap((shape, at) =>
        typeof shape === 'string'
          ? []
          : {
              name: rest[at - 1] as string,
              paths: named(name, rest[at - 1] as string).weightPaths,
              shape,
              type: 'float32',
              elements: shape.reduce((product, size) => product * size, 1),
            },
      ),
      input: null,
      output: null,
      activationBytes: null,
      macs: null,
    })),
  };
}
