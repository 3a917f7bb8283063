import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import type { JobContext } from '../../src/evaluation/jobContext';
import { openModel } from '../../src/formats';
import { run as quantize } from '../../src/jobs/quantize';
import type { QuantizeOptions } from '../../src/protocol/options';
import { PRESET_VALUES } from '../../src/protocol/presets';
import { RECIPES } from '../../src/protocol/recipes';
import { quantizeOptions } from './quantizeOptions';
import { SAMPLE, SAMPLE_TFLITE, scratchFolder } from './support';

/** Everything is tried twice, equalized and not, in WebAssembly. */
const WHOLE_WAY = 300_000;

const folder = scratchFolder();
let count = 0;
let output: string;
let context: JobContext;

beforeEach(() => {
  const scratch = join(folder, String(count++));
  mkdirSync(scratch);
  output = join(scratch, 'result.tflite');
  context = { scratch, memory: join(scratch, 'memory'), progress: () => {}, log: () => {} };
});

function options(more: Partial<QuantizeOptions>): QuantizeOptions {
  return quantizeOptions({
    model: SAMPLE_TFLITE,
    output,
    recipe: 'int8-all',
    preprocessing: PRESET_VALUES.half,
    ...more,
  });
}

const images = (name: string) => ({ path: resolve('models/shapes', name), labels: null, labelOffset: 0 });

describe('a .tflite model', () => {
  it(
    'is calibrated, corrected and checked as any other',
    async () => {
      const calibration = images('calibration');
      const { status, report } = await quantize(
        options({ calibration, validation: images('validation') }),
        context,
      );
      expect(status).toBe('written');
      expect(report.pair).toBe('int8/int8');
      expect(report.accuracy?.sqnrDb).toBeGreaterThan(28);
      // Of 200 images two are near the line between two classes, on the one side or on the other.
      const { before = 0, after = 0 } = report.accuracy?.top1 ?? {};
      expect(before).toBe(0.97);
      expect(after).toBeGreaterThanOrEqual(0.95);
      expect(report.steps).toContain('channels: equalized');
      expect(report.bytes.after).toBeLessThan(0.4 * report.bytes.before);
      expect(report.layers.filter(({ kept }) => kept !== undefined)).toEqual([]);
      const file = openModel(output);
      expect(file.model.signatures?.[0]?.inputs).toEqual(
        openModel(SAMPLE_TFLITE).model.signatures?.[0]?.inputs,
      );
    },
    WHOLE_WAY,
  );

  it('is fed integers where it is asked to take them, and a layer stays in float by its name', async () => {
    const kept = openModel(SAMPLE_TFLITE)
      .model.graph.nodes.filter(({ op }) => op === 'CONV_2D')
      .at(5);
    const { report } = await quantize(
      options({ ports: 'uint8', calibration: images('calibration'), keep: [kept?.name ?? ''] }),
      context,
    );
    const { graph } = openModel(output).model;
    expect([...graph.inputs, ...graph.outputs].map(({ type }) => type)).toEqual(['uint8', 'uint8']);
    expect(report.accuracy?.sqnrDb).toBeGreaterThan(25);
    expect(report.layers.filter(({ kept }) => kept === 'asked for')).toHaveLength(1);
  });

  it('says which inputs stay float because float layers read them', async () => {
    const names = openModel(SAMPLE_TFLITE).model.graph.nodes.slice(0, 2);
    const more = { ports: 'int8', keep: names.map(({ name }) => name) } as const;
    const { report } = await quantize(options(more), context);
    const [input] = openModel(output).model.graph.inputs;
    expect(input?.type).toBe('float32');
    expect(report.warnings).toContain(
      `No integer layer reads or gives '${input?.name}', so float it is and not int8.`,
    );
  });

  it.each(
    RECIPES.filter(({ formats, samples }) => formats.some((id) => id === 'tflite') && samples === 'none'),
  )('is made by $name without data', async ({ name }) => {
    const { report } = await quantize(options({ recipe: name }), context);
    expect(existsSync(output)).toBe(true);
    expect(report.accuracy?.sqnrDb ?? Number.POSITIVE_INFINITY).toBeGreaterThan(10);
    expect(report.warnings.some((one) => one.startsWith('int8-dynamic can be slower'))).toBe(
      name === 'int8-dynamic',
    );
  });

  it.each([
    [
      { ports: 'int8', recipe: 'float16' },
      'Inputs and outputs of TensorFlow Lite models are float by the recipe float16: leave out --io int8.',
    ],
    [
      { activations: 'uint8' },
      'TensorFlow Lite has kernels for int8 activations, not for uint8: leave out --activations.',
    ],
    [{ model: SAMPLE, recipe: 'int16x8' }, 'ONNX Runtime has no kernels for activations in 16-bit integers'],
    [
      { model: SAMPLE, ports: 'int8' },
      'Inputs and outputs of ONNX models are float by the recipe int8-all: leave out --io int8.',
    ],
  ] as const)('says what %j cannot mean', async (more, sentence) => {
    await expect(quantize(options(more), context)).rejects.toThrow(sentence);
  });
});
