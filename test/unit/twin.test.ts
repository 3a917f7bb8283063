import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/formats';
import { coreml } from '../../src/formats/coreml/format';
import type { Preprocessing } from '../../src/protocol/options';
import type { QuantizeReport } from '../../src/protocol/reports';
import { programWeights } from './coremlDecompressed';
import { scratchFolder } from './support';
import { quantized } from './trials/quantizing';

// Whatever the tests run on: nothing runs Core ML models here.
Object.defineProperty(coreml, 'cannotRun', { value: 'They run on macOS only.' });

const folder = scratchFolder();
const model = join(folder, 'shapes.mlpackage');
cpSync(resolve('models/shapes_mobilenetv2.mlpackage'), model, { recursive: true });
/** So few that engines in WebAssembly take no minutes for them: half calibrates, half judges. */
const IMAGES = 24;
const preprocessing: Preprocessing = {
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
  scale: 1 / 255,
  channels: 'rgb',
  layout: null,
  resize: null,
  crop: null,
};
const images = join(folder, 'images');
mkdirSync(images);
const found = readdirSync(resolve('models/shapes/calibration'), { recursive: true, encoding: 'utf8' });
for (const [index, name] of found
  .filter((path) => path.endsWith('.png') || path.endsWith('.jpg'))
  .filter((_, at) => at % 2 === 0)
  .entries())
  if (index < IMAGES)
    cpSync(resolve('models/shapes/calibration', name), join(images, `${index}${extname(name)}`));
const WITH_DATA = {
  calibration: { path: images, labels: null, labelOffset: 0 },
  calibrationSamples: 12,
  preprocessing,
  activations: 'auto',
} as const;

let count = 0;
async function made(
  recipe: 'palette-4' | 'int4-weights' | 'int8-weights',
  more: Parameters<typeof quantized>[2],
): Promise<QuantizeReport> {
  const output = join(folder, `${++count}.mlpackage`);
  return (await quantized(model, recipe, { ...more, output })).report;
}

/** Each makes a whole model, and engines in WebAssembly take their time on a busy computer. */
const PATIENCE = 240_000;

describe('a twin of a model that does not run', { timeout: PATIENCE }, () => {
  for (const ending of ['onnx', 'tflite']) {
    it(`says how weights are rounded and what the result loses: .${ending}`, async () => {
      const twin = resolve(`models/shapes_mobilenetv2.${ending}`);
      const report = await made('palette-4', { ...WITH_DATA, twin, groupSize: 16 });
      expect(report.accuracy).toMatchObject({ samples: 12, through: { model: twin, without: [] } });
      expect(report.engine).toBeNull();
      expect(report.latencyMs).toBeNull();
      const [was, is] = [model, report.output].map(programWeights);
      for (const [name, values] of was ?? []) expect(is?.get(name), name).toHaveLength(values.length);
      // Rounded to the nearest entries it is below 22 dB over the validation images (bench/coreml_peers.py).
      expect(report.accuracy?.sqnrDb).toBeGreaterThan(23);
    });
  }

  it('compensates for weights that become zero', async () => {
    const twin = resolve('models/shapes_mobilenetv2.onnx');
    const sparse = await made('int8-weights', { ...WITH_DATA, twin, sparsity: 0.3 });
    expect(sparse.accuracy?.sqnrDb).toBeGreaterThan(10);
    for (const [name, values] of programWeights(sparse.output))
      if (values.length > 2048 && !/_(mask|nonzero)$/.test(name))
        expect(values.filter((value) => value === 0).length / values.length, name).toBeGreaterThan(0.29);
  });

  it('without data only judges, on random numbers, and says so', async () => {
    const twin = resolve('models/shapes_mobilenetv2.onnx');
    const plain = await made('int8-weights', { activations: 'auto' });
    const report = await made('int8-weights', { activations: 'auto', twin });
    expect(programWeights(report.output)).toEqual(programWeights(plain.output));
    expect(report.warnings.join()).toContain('Weights were rounded to the nearest');
    expect(report.warnings.join()).toContain('random numbers');
    expect(report.accuracy?.through?.model).toBe(twin);
  });

  it('is refused where it is another network, or where the model runs itself', async () => {
    const other = resolve('models/shapes_mobilenetv2.mlpackage');
    await expect(made('palette-4', { ...WITH_DATA, twin: other })).rejects.toThrow('cannot be run');
    const runs = quantized(resolve('models/shapes_mobilenetv2.onnx'), 'int8-all', {
      ...WITH_DATA,
      twin: other,
      output: join(folder, 'x.onnx'),
    });
    await expect(runs).rejects.toThrow('leave out --twin');
    await expect(made('palette-4', WITH_DATA)).rejects.toThrow('--twin');
  });

  it('is never overwritten', async () => {
    const twin = join(folder, 'twin.onnx');
    cpSync(resolve('models/shapes_mobilenetv2.onnx'), twin);
    const before = openModel(twin).model.fileBytes;
    const over = quantized(model, 'palette-4', { ...WITH_DATA, twin, output: twin, force: true });
    await expect(over).rejects.toThrow();
    expect(openModel(twin).model.fileBytes).toBe(before);
  });
});
