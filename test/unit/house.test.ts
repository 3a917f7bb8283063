import { describe, expect, it } from 'vitest';
import { importsOf, readTree, type Tree } from './house/imports';
import { forbiddenCircles, forbiddenImports } from './house/rules';

const house = readTree(['src', 'webview']);

/** Folders whose circles are known and still to be taken apart. One without circles must leave the list. */
const KNOWN_CIRCLES: readonly string[] = [];

/** A made-up tree: the text of each file. */
const tree = (files: Record<string, string>): Tree =>
  new Map(Object.entries(files).map(([file, text]) => [file, importsOf(text)]));

describe('the house', () => {
  it('has been read', () => {
    expect(house.size).toBeGreaterThan(400);
    expect([...house.values()].flat().length).toBeGreaterThan(1500);
  });

  it('has no import from a room that must not be known', () => {
    expect(forbiddenImports(house)).toEqual([]);
  });

  it('has no circles but where recursion is the subject', () => {
    expect(forbiddenCircles(house, KNOWN_CIRCLES)).toEqual([]);
  });

  it.each(KNOWN_CIRCLES)('still has circles in %s', (folder) => {
    const others = KNOWN_CIRCLES.filter((one) => one !== folder);
    expect(forbiddenCircles(house, others)).not.toEqual([]);
  });
});

describe('a forbidden import is named', () => {
  const EMPTY = {
    'src/model/model.ts': '',
    'src/protocol/reports.ts': '',
    'src/formats/index.ts': '',
    'src/formats/elements.ts': '',
    'src/formats/onnx/format.ts': '',
    'src/formats/tflite/format.ts': '',
    'src/analysis/inspect.ts': '',
    'src/runtime/engine.ts': '',
    'src/quantization/quantize.ts': '',
    'src/python/linking/indexModel.ts': '',
    'src/python/report.ts': '',
    'src/cli/main.ts': '',
    'src/extension/extension.ts': '',
    'webview/model.ts': '',
    'test/unit/support.ts': '',
  };

  it.each([
    ['src/model/model.ts', '../formats/index', 'model may know nobody, not formats'],
    ['src/protocol/reports.ts', '../model/model', 'protocol may know nobody, not model'],
    ['src/formats/onnx/format.ts', '../tflite/format', 'onnx does not know tflite'],
    ['src/formats/elements.ts', './onnx/format', 'what formats share does not know onnx'],
    [
      'src/formats/index.ts',
      '../analysis/inspect',
      'formats may know model, protocol, files, onnxtxt, not analysis',
    ],
    [
      'src/analysis/inspect.ts',
      '../runtime/engine',
      'analysis may know model, protocol, formats, not runtime',
    ],
    [
      'src/python/report.ts',
      '../analysis/inspect',
      'of python, only src/python/linking/indexModel.ts may know analysis',
    ],
    ['src/cli/main.ts', '../extension/extension', 'not extension'],
    ['src/extension/extension.ts', '../cli/main', 'not cli'],
    ['webview/model.ts', '../src/model/model', 'webview may know protocol, not model'],
    ['src/quantization/quantize.ts', '../../test/unit/support', 'the product knows no tests'],
    ['src/runtime/engine.ts', './engine.test', 'the product knows no tests'],
    ['src/analysis/inspect.ts', 'vscode', 'vscode belongs to extension alone'],
    ['webview/model.ts', 'node:fs', 'webview knows nothing of Node'],
    ['src/protocol/reports.ts', 'node:path', 'protocol knows nothing of Node'],
    ['src/jobs/worker.ts', 'onnxruntime-node', 'onnxruntime-node belongs to runtime alone'],
    ['src/attic/box.ts', '../model/model', 'the room attic is not drawn'],
  ])('%s imports %s', (file, from, why) => {
    for (const text of [
      `import { x } from '${from}';`,
      `import type { X } from '${from}';`,
      `export * from '${from}';`,
      `import {\n  type X,\n  y,\n} from '${from}';`,
      `const x = await import('${from}');`,
      `import '${from}';`,
      `import x, { type Y } from '${from}';`,
    ]) {
      const [problem, ...others] = forbiddenImports(tree({ ...EMPTY, [file]: text }));
      expect(problem).toContain(`${file} imports `);
      expect(problem).toContain(why);
      expect(others).toEqual([]);
    }
  });

  it.each([
    ['src/formats/index.ts', './onnx/format'],
    ['src/formats/onnx/format.ts', '../elements'],
    ['src/analysis/inspect.ts', '../formats/index'],
    ['src/python/linking/indexModel.ts', '../../analysis/inspect'],
    ['webview/model.ts', '../src/protocol/reports'],
    ['src/extension/extension.ts', 'vscode'],
    ['src/cli/main.ts', 'node:fs'],
  ])('%s may import %s', (file, from) => {
    expect(forbiddenImports(tree({ ...EMPTY, [file]: `import { x } from '${from}';` }))).toEqual([]);
  });
});

describe('a circle is named', () => {
  const value = (to: string) => `import { x } from './${to}';`;
  const type = (to: string) => `import type { X } from './${to}';`;

  it('by value, of two files', () => {
    expect(forbiddenCircles(tree({ 'src/files/a.ts': value('b'), 'src/files/b.ts': value('a') }))).toEqual([
      'by value: src/files/a.ts, src/files/b.ts',
    ]);
  });

  it('by type, of more than three', () => {
    const ring = (names: string[]) =>
      tree(
        Object.fromEntries(
          names.map((name, index) => [`src/files/${name}.ts`, type(names[(index + 1) % names.length] ?? '')]),
        ),
      );
    expect(forbiddenCircles(ring(['a', 'b', 'c']))).toEqual([]);
    expect(forbiddenCircles(ring(['a', 'b', 'c', 'd']))).toEqual([
      'by type: src/files/a.ts, src/files/b.ts, src/files/c.ts, src/files/d.ts',
    ]);
  });

  it('not where one of the two is a type or loaded when it is needed', () => {
    expect(forbiddenCircles(tree({ 'src/files/a.ts': value('b'), 'src/files/b.ts': type('a') }))).toEqual([]);
    expect(
      forbiddenCircles(tree({ 'src/files/a.ts': value('b'), 'src/files/b.ts': "await import('./a')" })),
    ).toEqual([]);
  });

  it('not inside an evaluator, but through it', () => {
    const inside = { 'src/python/evaluate/a.ts': value('b'), 'src/python/evaluate/b.ts': value('a') };
    expect(forbiddenCircles(tree(inside))).toEqual([]);
    const through = {
      'src/python/evaluate/a.ts': "import { x } from '../layers/b';",
      'src/python/layers/b.ts': "import { x } from '../evaluate/a';",
    };
    expect(forbiddenCircles(tree(through))).toEqual([
      'by value: src/python/evaluate/a.ts, src/python/layers/b.ts',
    ]);
  });
});
