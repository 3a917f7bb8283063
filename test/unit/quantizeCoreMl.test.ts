import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/analysis/inspect';
import { openModel } from '../../src/formats';
import { coreml } from '../../src/formats/coreml/format';
import { programWeights } from './coremlDecompressed';
import { scratchFolder } from './support';
import { quantized } from './trials/quantizing';

// Whatever the tests run on: nothing runs Core ML models here.
Object.defineProperty(coreml, 'cannotRun', { value: 'They run on macOS only.' });

const folder = scratchFolder();
const model = join(folder, 'shapes.mlpackage');
cpSync(resolve('models/shapes_mobilenetv2.mlpackage'), model, { recursive: true });
const PLAIN = { activations: 'auto' } as const;
const output = (name: string) => join(folder, `${name}.mlpackage`);

describe('a Core ML package', () => {
  it('is quantized without an engine, to a package whose report says what became of it', async () => {
    const before = readFileSync(join(model, 'Data/com.apple.CoreML/model.mlmodel'));
    const { report } = await quantized(model, 'palette-4', { ...PLAIN, output: output('palette') });
    expect(report).toMatchObject({ recipe: 'palette-4', accuracy: null, latencyMs: null, engine: null });
    expect(report.warnings.join()).toContain('needs iOS 16 or macOS 13 or later');
    expect(report.warnings.join()).toContain('was not run');
    expect(report.bytes.after).toBeLessThan(report.bytes.before / 3);
    expect(readFileSync(join(model, 'Data/com.apple.CoreML/model.mlmodel'))).toEqual(before);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);

    // Stated over all, and layer by layer, by weights that another reader decompresses.
    const [was, is] = [model, output('palette')].map(programWeights);
    const sums = [...(was ?? [])].map(([name, values]): [number, number] => {
      const others = is?.get(name);
      const noise = values.reduce((sum, value, i) => sum + (value - (others?.[i] ?? Number.NaN)) ** 2, 0);
      return noise === 0 ? [0, 0] : [values.reduce((sum, value) => sum + value * value, 0), noise];
    });
    const [signal, noise] = [0, 1].map((at) => sums.reduce((sum, pair) => sum + (pair[at] ?? 0), 0));
    expect(report.weightSqnrDb).toBeCloseTo(10 * Math.log10((signal ?? 0) / (noise ?? 0)), 6);
    const changed = report.layers.filter(({ weights }) => weights.length > 0);
    expect(changed).toHaveLength(26);
    for (const { weights } of changed) expect(weights[0]?.sqnrDb).toBeGreaterThan(15);

    const layers = inspect(openModel(output('palette')), { dims: {}, shapes: {} });
    expect(layers.totals.parameters).toBe(report.totals.before.parameters);
    const after = openModel(output('palette'));
    const types = [...after.model.graph.constants.values()].map(({ type }) => type);
    expect(types.filter((type) => type === 'uint4')).toHaveLength(26);
  });

  it('keeps layers in float that are named', async () => {
    const keep = ['features_features_18_conv_conv_0_Conv_output_0'];
    const name = openModel(model).model.graph.nodes.find(({ op }) => op === 'linear')?.name ?? keep[0];
    const { kept } = await quantized(model, 'int8-weights', {
      ...PLAIN,
      output: output('kept'),
      keep: [name ?? ''],
    });
    expect(kept.get(name ?? '')).toBe('asked for');
  });

  it('has groups and sparsity where they are asked for', async () => {
    const more = { ...PLAIN, groupSize: 8, sparsity: 0.4, output: output('grouped') };
    const { report } = await quantized(model, 'palette-4', more);
    expect(report.warnings.join()).toContain('needs iOS 18 or macOS 15 or later');
    const zeros = [...programWeights(output('grouped'))].filter(
      ([name, values]) => values.length > 2048 && !/_(mask|nonzero)$/.test(name),
    );
    for (const [name, values] of zeros)
      expect(values.filter((value) => value === 0).length / values.length, name).toBeGreaterThan(0.39);
  });

  it('is replaced by a result only where that is asked for, and never the model itself', async () => {
    const again = { ...PLAIN, output: output('again') };
    await quantized(model, 'int8-weights', again);
    await expect(quantized(model, 'int8-weights', again)).rejects.toThrow('exists already');
    await quantized(model, 'palette-1', { ...again, force: true });
    const types = [...openModel(output('again')).model.graph.constants.values()].map(({ type }) => type);
    expect(types).toContain('uint1');
    await expect(quantized(model, 'int8-weights', { ...PLAIN, output: model, force: true })).rejects.toThrow(
      'is the model itself',
    );
  });

  it.each([
    ['int8', {}, 'cannot be quantized by the recipe int8'],
    ['float32', {}, 'cannot be quantized by the recipe float32'],
    ['int8-weights', { activations: 'int8' }, '--activations means nothing'],
    ['int8-weights', { groupSize: 8 }, 'has no groups'],
    ['float16', { sparsity: 0.5 }, 'makes no weights zero'],
    ['int8-weights', { validation: { path: '.', labels: null, labelOffset: 0 } }, 'means nothing here'],
    ['int8-weights', { output: join(folder, 'a.mlmodel') }, 'must end with .mlpackage'],
  ] as const)('is refused in a sentence: %s %j', async (recipe, more, sentence) => {
    const target = output('refused');
    await expect(quantized(model, recipe, { ...PLAIN, output: target, ...more })).rejects.toThrow(sentence);
    expect(existsSync(target)).toBe(false);
  });
});

it('groups mean nothing for ONNX models', async () => {
  const source = resolve('models/shapes_mobilenetv2.onnx');
  const target = join(folder, 'a.onnx');
  await expect(quantized(source, 'int8-weights', { groupSize: 8, output: target })).rejects.toThrow(
    'share a scale in groups of 16',
  );
});
