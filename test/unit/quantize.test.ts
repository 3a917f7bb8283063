import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { numberedPaths } from '../../src/evaluation/bench';
import { floatValues } from '../../src/evaluation/floats';
import type { JobContext } from '../../src/evaluation/jobContext';
import { randomSamples } from '../../src/evaluation/randomSamples';
import { openModel } from '../../src/formats';
import { writeModel } from '../../src/formats/onnx/writing/writer';
import { run as compare } from '../../src/jobs/compare';
import { run as quantize } from '../../src/jobs/quantize';
import { TooBusyError } from '../../src/model/modelError';
import type { CompareOptions, QuantizeOptions } from '../../src/protocol/options';
import { PRESET_VALUES } from '../../src/protocol/presets';
import { correctionsFrom, ShiftObserver } from '../../src/quantization/biasCorrection';
import { observeExtremes, rangesFrom } from '../../src/quantization/calibrate';
import { assignRecipe, layOut, tensorsToObserve } from '../../src/quantization/layout';
import { fasterPair } from '../../src/quantization/pair';
import type { Workbench } from '../../src/quantization/workbench';
import { writeAssigned } from '../../src/quantization/writeAssigned';
import type { Engine } from '../../src/runtime/engine';
import { engineFor } from '../../src/runtime/engines';
import { mobilenetV1, mobilenetV2 } from '../models/mobilenet';
import { quantizeOptions } from './quantizeOptions';

const SAMPLE = resolve('models/shapes_mobilenetv2.onnx');
const CALIBRATION = resolve('models/shapes/calibration');

let folder: string;
let scratch: string;
let context: JobContext & { lines: string[] };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'caliper-quantize-'));
  scratch = mkdtempSync(join(tmpdir(), 'caliper-scratch-'));
  const lines: string[] = [];
  context = {
    scratch,
    memory: join(scratch, 'memory'),
    lines,
    progress: () => {},
    log: (line) => lines.push(line),
  };
});

afterEach(() => {
  for (const path of [folder, scratch]) rmSync(path, { recursive: true });
});

function options(more: Partial<QuantizeOptions>): QuantizeOptions {
  return quantizeOptions({
    model: SAMPLE,
    output: join(folder, 'out.onnx'),
    recipe: null,
    preprocessing: PRESET_VALUES.half,
    activations: 'uint8',
    ...more,
  });
}

const images = { path: CALIBRATION, labels: null, labelOffset: 0 };

/** A small network with random weights. */
function smallModel(): string {
  const path = join(folder, 'small.onnx');
  writeModel(mobilenetV1({ width: 0.25, size: 32, seed: 7 }), path);
  return path;
}

const hash = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');

describe('quantize', () => {
  it('takes the sample to int8 and reports what that changed', async () => {
    const before = hash(SAMPLE);
    const { status, report } = await quantize(options({ calibration: images }), context);
    expect(status).toBe('written');
    expect(report).toMatchObject({
      version: 1,
      recipe: 'int8',
      // Which of these it is depends on the processor.
      pair: expect.stringMatching(/^u?int8\/int8( \(7 bits\))?$/),
      latencyMs: null,
      input: SAMPLE,
    });
    expect(report.accuracy?.samples).toBe(30);
    expect(report.accuracy?.sqnrDb).toBeGreaterThan(26);
    expect(report.accuracy?.top1Agreement).toBeGreaterThanOrEqual(0.93);
    expect(report.accuracy?.top1?.before).toBeGreaterThan(0.9);
    expect(report.bytes.after).toBeLessThan(0.45 * report.bytes.before);
    expect(report.parameterBytes.after).toBeLessThan(0.3 * (report.parameterBytes.before ?? 0));
    expect(report.warnings.join()).toContain('20 samples to calibrate on, 30 others to measure on');
    const convolutions = report.layers.filter(({ op }) => op === 'Conv');
    expect(convolutions.length).toBeGreaterThan(50);
    for (const { after, before: was, sqnrDb } of convolutions) {
      expect(after?.parameterBytes).toBeLessThan(was?.parameterBytes ?? 0);
      expect(sqnrDb).toBeGreaterThan(10);
    }
    const clip = report.layers.find(({ op }) => op === 'Clip');
    expect(clip?.after?.fusedInto).toContain('Conv');
    // Nothing but conversions was added, and nothing is gone.
    const alone = report.layers.filter(({ before: was, after }) => was === null || after === null);
    expect(new Set(alone.map(({ op, status }) => `${status} ${op}`))).toEqual(
      new Set(['added QuantizeLinear', 'added DequantizeLinear']),
    );
    for (const { weights } of convolutions) {
      expect(weights[0]).toMatchObject({ before: { type: 'float32' }, after: { type: 'int8' } });
      // A scale a channel and 8 bits: about 40 dB, also where equalized channels are brought back.
      expect(weights[0]?.sqnrDb).toBeGreaterThan(30);
    }
    // The same bytes that were measured, the input as it was, and nothing else beside it.
    expect(openModel(report.output).model.fileBytes).toBe(report.bytes.after);
    expect(hash(SAMPLE)).toBe(before);
    expect(readdirSync(folder)).toEqual(['out.onnx']);
  }, 240_000);

  it.each(['float32', 'float16', 'int8-dynamic', 'int8-all'] as const)(
    'makes %s of a small network',
    async (recipe) => {
      const { status, report } = await quantize(options({ model: smallModel(), recipe }), context);
      expect(status).toBe('written');
      expect(report.recipe).toBe(recipe);
      const { sqnrDb = null, identical = false } = report.accuracy ?? {};
      expect(
        identical || (sqnrDb ?? 0) > { float32: 90, float16: 40, 'int8-dynamic': 25, 'int8-all': 10 }[recipe],
      ).toBe(true);
      expect(report.warnings.join()).toContain('random numbers');
      expect(existsSync(join(folder, 'out.onnx'))).toBe(true);
    },
  );

  describe('other ranges and roundings', () => {
    const tried = async (more: Partial<QuantizeOptions>) => {
      await quantize(options({ recipe: 'int8-all', ...more }), context);
      const [first = '', ...others] = context.lines.filter((line) => line.startsWith('channels: '));
      const [own] = first.split('; biases');
      const alternatives = others.filter((line) => line.split('; biases')[0] !== own);
      return { decibels: Number(/([\d.]+) dB$/.exec(first)?.[1]), alternatives };
    };

    it('are not tried for a model that is near enough to float without them', async () => {
      const { decibels, alternatives } = await tried({ calibration: images });
      expect(decibels).toBeGreaterThan(30);
      expect(alternatives).toEqual([]);
    }, 120_000);

    it('are tried for one that is not', async () => {
      const model = join(folder, 'deep.onnx');
      writeModel(mobilenetV2({ width: 0.25, size: 64, seed: 1 }), model);
      const { decibels, alternatives } = await tried({ model });
      expect(decibels).toBeLessThan(30);
      expect(alternatives.join()).toContain('mean of the samples’ extremes');
    });
  });

  it('keeps layers in float that the user names, and knows its own layers', async () => {
    const model = smallModel();
    const file = openModel(model);
    const kept = file.model.graph.nodes.find(({ op }) => op === 'Conv')?.name ?? '';
    file.close();
    const { report } = await quantize(options({ model, recipe: 'int8', keep: [kept] }), context);
    const row = report.layers.find(({ name }) => name === kept);
    expect(row?.kept).toBe('asked for');
    const again = options({ model, recipe: 'int8', keep: ['nobody'], force: true });
    await expect(quantize(again, context)).rejects.toThrow('no layer nobody');
  });

  it('replaces nothing unasked, and never the model', async () => {
    const model = smallModel();
    const output = join(folder, 'out.onnx');
    writeFileSync(output, 'mine');
    await expect(quantize(options({ model, recipe: 'float32' }), context)).rejects.toThrow('exists already');
    expect(readFileSync(output, 'utf8')).toBe('mine');
    const self = options({ model, output: model, recipe: 'float32', force: true });
    await expect(quantize(self, context)).rejects.toThrow('the model itself');
    const { report } = await quantize(options({ model, recipe: 'float32', force: true }), context);
    expect(openModel(output).model.fileBytes).toBe(report.bytes.after);
  });

  it('refuses what is quantized already, in a sentence', async () => {
    const model = smallModel();
    await quantize(options({ model, recipe: 'int8' }), context);
    const again = options({
      model: join(folder, 'out.onnx'),
      output: join(folder, 'twice.onnx'),
      recipe: 'int8',
    });
    await expect(quantize(again, context)).rejects.toThrow('quantized already');
    expect(existsSync(join(folder, 'twice.onnx'))).toBe(false);
  });
});

describe('compare', () => {
  const compareOptions = (...models: string[]): CompareOptions => ({
    models,
    data: null,
    preprocessing: null,
    seed: 1,
    measure: false,
    threads: 1,
    runs: 10,
    dims: {},
    shapes: {},
  });

  it('finds no difference between a model and itself', async () => {
    const model = smallModel();
    const report = await compare(compareOptions(model, model), context);
    expect(report.accuracy).toMatchObject({ identical: true, sqnrDb: null, top1Agreement: 1 });
    expect(report.layers.every(({ before, after }) => before !== null && after !== null)).toBe(true);
    expect(report.bytes.before).toBe(report.bytes.after);
  });

  it('compares what the files say where they cannot be run on the same inputs, and says why', async () => {
    const model = smallModel();
    const report = await compare(compareOptions(model, SAMPLE), context);
    expect(report).toMatchObject({ accuracy: null, latencyMs: null, engine: null, cpu: null, threads: null });
    expect(report.warnings[0]).toMatch(/^The models were not run: .*different inputs/);
    expect(report.statuses.added).toBeGreaterThan(50);
    const given = { ...compareOptions(model, SAMPLE), data: images };
    await expect(compare(given, context)).rejects.toThrow('different inputs');
  });
});

describe('steps', () => {
  function bench(): Workbench {
    const file = openModel(SAMPLE);
    const { rewriter } = file.format;
    file.close();
    if (rewriter === null || rewriter.observing === null) throw new Error('no rewriter');
    return {
      engine: engineFor('onnx'),
      rewriter,
      observing: rewriter.observing,
      open: openModel,
      threads: 1,
      newPath: numberedPaths(scratch, SAMPLE),
    };
  }

  it('bias correction brings the mean outputs of the layers nearer to those in float', async () => {
    const work = bench();
    const source = openModel(smallModel());
    const cleaned = work.newPath('cleaned');
    await work.rewriter.clean(source, cleaned, async () => new Map());
    const file = openModel(cleaned);
    const samples = randomSamples(file, file.infer({ dims: {}, shapes: {} }).graph, 3)(0, 8);
    const plan = work.rewriter.plan(file);
    const assignment = assignRecipe(plan, 'int8-all', [], 'uint8');
    const layout = layOut(plan, assignment);
    const layers = layout.layers.filter(({ role }) => role.biasAxis !== null);
    expect(layers.length).toBeGreaterThan(20);
    const tensors = tensorsToObserve(plan, layout);
    const ranges = rangesFrom(await observeExtremes(work, file, tensors, samples, () => {}), 'minmax');
    const build = (biasCorrections: ReadonlyMap<string, Float32Array>) => {
      const path = work.newPath('int8');
      writeAssigned(work.rewriter, file, plan, assignment, { ranges, biasCorrections, asked: [] }, path);
      return path;
    };
    const outputs = layers.map(({ rawOutput }) => rawOutput);
    const means = async (model: string) => {
      const path = work.newPath('means');
      const opened = openModel(model);
      const names = work.observing.withChannelMeans(opened, outputs, path);
      opened.close();
      const session = await work.engine.load(path, { threads: 1 });
      const total = new Map<string, number[]>();
      for (let index = 0; index < samples.size; index++) {
        const results = await session.run(await samples.feeds(index));
        for (const [tensor, name] of names) {
          const values = results[name] === undefined ? [] : [...(floatValues(results[name]) ?? [])];
          total.set(
            tensor,
            values.map((value, channel) => value + (total.get(tensor)?.[channel] ?? 0)),
          );
        }
      }
      await session.close();
      return total;
    };
    const float = await means(cleaned);
    const distance = (other: ReadonlyMap<string, number[]>, tensor: string) =>
      Math.hypot(
        ...(float.get(tensor) ?? []).map((value, channel) => value - (other.get(tensor)?.[channel] ?? 0)),
      );
    const plainPath = build(new Map());
    const all = Array.from({ length: samples.size }, (_, index) => index);
    const shifts = await new ShiftObserver(work, cleaned, layers, samples).observe(
      plainPath,
      layers,
      all,
      () => {},
    );
    const corrections = correctionsFrom(shifts, 'mean');
    expect([...corrections.keys()]).toEqual(layers.map(({ id }) => id));
    const plain = await means(plainPath);
    const corrected = await means(build(corrections));
    const sum = (other: ReadonlyMap<string, number[]>) =>
      outputs.reduce((all, name) => all + distance(other, name), 0);
    expect(sum(corrected)).toBeLessThan(0.5 * sum(plain));
    file.close();
    source.close();
  });

  it('measures the pair of int8 types once, remembers it, and does not trust a damaged memory', async () => {
    const work = bench();
    const memory = join(scratch, 'remembered');
    const first = await fasterPair(work, memory);
    expect(['uint8', 'int8']).toContain(first.activations);
    const path = join(memory, 'int8.json');
    const other = first.activations === 'uint8' ? 'int8' : 'uint8';
    writeFileSync(
      path,
      readFileSync(path, 'utf8').replace(
        `"activations": "${first.activations}"`,
        `"activations": "${other}"`,
      ),
    );
    expect((await fasterPair(work, memory)).activations).toBe(other);
    writeFileSync(path, readFileSync(path, 'utf8').replace(`"${other}"`, '"nonsense"').slice(0, -5));
    expect(['uint8', 'int8']).toContain((await fasterPair(work, memory)).activations);
    expect(JSON.parse(readFileSync(path, 'utf8'))).not.toEqual({});
  }, 120_000);

  it('remembers no pair of types where the computer is too busy to measure, and says so', async () => {
    const work = bench();
    const { engine } = work;
    const busy: Engine = {
      name: engine.name,
      // Only sessions that are timed say what is to be optimized.
      load: (path, options) =>
        options.optimization === undefined
          ? engine.load(path, options)
          : Promise.reject(new TooBusyError('This computer is too busy to measure.')),
    };
    const memory = join(scratch, 'busy');
    const said: string[] = [];
    const pair = await fasterPair({ ...work, engine: busy }, memory, (sentence) => said.push(sentence));
    expect(pair.activations).toBe('uint8');
    expect(said).toEqual([expect.stringMatching(/^The computer was too busy to find out which int8 types/)]);
    expect(existsSync(memory)).toBe(false);
  }, 120_000);
});
