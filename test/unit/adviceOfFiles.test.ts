import { cpSync, mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { analyze } from '../../src/analysis/inspect';
import { openModel } from '../../src/formats';
import type { NodeProto, TensorProto } from '../../src/formats/onnx/onnx_pb';
import {
  makeFloatTensor,
  makeInt64Tensor,
  makeNode,
  makeValueInfo,
} from '../../src/formats/onnx/writing/make';
import { writeModel } from '../../src/formats/onnx/writing/writer';
import { adviceFacts } from '../../src/jobs/adviceFacts';
import { run as quantize } from '../../src/jobs/quantize';
import { present } from '../../src/model/assert';
import { adviseComparison, adviseModel } from '../../src/protocol/advice/advise';
import { COMPARISON_RULES } from '../../src/protocol/advice/comparisonRules';
import type { Finding } from '../../src/protocol/advice/finding';
import { MODEL_RULES } from '../../src/protocol/advice/modelRules';
import { PRESET_VALUES } from '../../src/protocol/presets';
import type { Recipe } from '../../src/protocol/recipes';
import type {
  Comparison,
  Latency,
  LayerReport,
  ProfileReport,
  QuantizeReport,
} from '../../src/protocol/reports';
import { seededRandom } from '../../src/runtime/random';
import { makeModel, scratchFolder } from './support';

/*
 * Each rule on files, through the reader, the report and what else the page asks for. Only times are given: what a layer
 * takes is no matter of the rules.
 */

const folder = scratchFolder();

interface Made {
  readonly input?: readonly (number | string)[];
  readonly nodes: readonly NodeProto[];
  readonly weights?: readonly TensorProto[];
  /** Milliseconds of a layer with this operator; others take nothing. Absent: not profiled. */
  readonly times?: Readonly<Record<string, number>>;
  readonly images?: boolean;
  /** Id of the device's profile that was chosen. */
  readonly device?: string;
}

function findings({ input = [1, 3, 8, 8], nodes, weights = [], times, images, device }: Made): Finding[] {
  const place = mkdtempSync(join(folder, 'model-'));
  const path = join(place, 'model.onnx');
  const graph = {
    name: 'made',
    input: [makeValueInfo('x', 'float32', input)],
    // Its shape is found out.
    output: [{ name: 'y' }],
    initializer: [...weights],
    node: [...nodes],
  };
  writeModel(makeModel(graph), path);
  if (images) {
    mkdirSync(join(place, 'calibration'));
    cpSync('models/shapes/calibration', join(place, 'calibration'), { recursive: true });
  }
  const file = openModel(path);
  try {
    const analysis = analyze(file, { dims: {}, shapes: {} });
    const facts = adviceFacts(file, analysis);
    const profile = times === undefined ? null : profileOf(analysis.rows, times);
    return adviseModel({
      report: analysis.report,
      layers: analysis.rows,
      facts,
      profile,
      device: device ?? null,
    });
  } finally {
    file.close();
  }
}

function profileOf(rows: readonly LayerReport[], times: Readonly<Record<string, number>>): ProfileReport {
  const total = rows.reduce((sum, { op }) => sum + (times[op] ?? 0), 0);
  const layers = rows.map(({ id, name, op }) => {
    const ms = times[op] ?? null;
    return { id, name, op, medianMs: ms, share: ms === null ? null : ms / total };
  });
  return { layers, added: [], method: 'own profile', profileFactor: 1 } as unknown as ProfileReport;
}

const conv = (from: string, to: string, weights = 'w') =>
  makeNode('Conv', [from, weights], [to], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] });
const filters = (name = 'w', channels = 3) =>
  makeFloatTensor(name, [channels, channels, 3, 3], new Float32Array(9 * channels ** 2).fill(0.1));
const matrix = (name: string, rows: number, columns: number) =>
  makeFloatTensor(name, [rows, columns], new Float32Array(rows * columns).fill(0.01));

/** So many operators one behind the other. */
function chain(op: string, count: number, from: string, to: string): NodeProto[] {
  const name = (at: number) => (at === 0 ? from : at === count ? to : `${to}${at}`);
  return Array.from({ length: count }, (_, at) => makeNode(op, [name(at)], [name(at + 1)]));
}

const CASES: Readonly<Record<string, { triggers: Made; silent: Made; says: RegExp }>> = {
  'assumed sizes': {
    triggers: { input: ['n', 3, 'height', 'width'], nodes: [conv('x', 'y')], weights: [filters()] },
    silent: { input: ['n', 3, 8, 8], nodes: [conv('x', 'y')], weights: [filters()] },
    says: /^height, width have no size/,
  },
  'few layers take the time': {
    triggers: {
      nodes: [conv('x', 'a'), ...chain('Relu', 12, 'a', 'y')],
      weights: [filters()],
      times: { Conv: 8, Relu: 0.1 },
    },
    silent: {
      nodes: [conv('x', 'a'), ...chain('Relu', 12, 'a', 'y')],
      weights: [filters()],
      times: { Conv: 1, Relu: 1 },
    },
    says: /^1 layer takes 87\.0 % of the time/,
  },
  'padding takes time': {
    triggers: {
      nodes: [makeNode('Pad', ['x', 'pads'], ['a']), conv('a', 'y')],
      weights: [filters(), pads()],
      times: { Pad: 1, Conv: 9 },
    },
    silent: {
      nodes: [makeNode('Pad', ['x', 'pads'], ['a']), conv('a', 'y')],
      weights: [filters(), pads()],
      times: { Pad: 0.1, Conv: 9 },
    },
    says: /^Padding takes 10\.0 % of the time/,
  },
  'heavy weights': {
    triggers: {
      input: [1, 512],
      nodes: [makeNode('MatMul', ['x', 'w'], ['a']), makeNode('MatMul', ['a', 'v'], ['y'])],
      weights: [matrix('w', 512, 512), matrix('v', 512, 16)],
    },
    silent: {
      input: [1, 64],
      nodes: [makeNode('MatMul', ['x', 'w'], ['a']), makeNode('MatMul', ['a', 'v'], ['y'])],
      weights: [matrix('w', 64, 64), matrix('v', 64, 4)],
    },
    says: /^97\.0 % of the weights \(1\.05 MB\) are in one layer/,
  },
  'data beside the model': {
    triggers: { input: [1, 3, 96, 96], nodes: [conv('x', 'y')], weights: [filters()], images: true },
    silent: { input: [1, 3, 96, 96], nodes: [conv('x', 'y')], weights: [filters()] },
    says: /images lie in calibration beside the model/,
  },
  'peak of memory': {
    triggers: {
      input: [1, 16, 4, 4],
      nodes: [
        makeNode('Tile', ['x', 'times'], ['a']),
        ...chain('Relu', 3, 'a', 'b'),
        makeNode('GlobalMaxPool', ['b'], ['y']),
      ],
      weights: [times()],
    },
    silent: {
      input: [1, 16, 4, 4],
      nodes: [...chain('Relu', 3, 'x', 'b'), makeNode('GlobalMaxPool', ['b'], ['y'])],
    },
    says: /^The peak of [\d.]+ MB is made by 2 tensors; sparing/,
  },
  'too large for the device': {
    triggers: {
      ...{ input: [1, 3, 256, 256], nodes: [conv('x', 'y')], weights: [filters()] },
      device: 'esp32-s3',
    },
    silent: {
      ...{ input: [1, 3, 256, 256], nodes: [conv('x', 'y')], weights: [filters()] },
      device: 'raspberry-pi-4',
    },
    says: /^It does not fit the ESP32-S3 .*: it has 524 kB of RAM, and activations take 1\.57 MB, which is 1\.05 MB too much\.$/,
  },
};

function pads(): TensorProto {
  return integers('pads', [0, 0, 1, 1, 0, 0, 1, 1]);
}

function times(): TensorProto {
  return integers('times', [1, 1, 32, 32]);
}

function integers(name: string, values: readonly number[]): TensorProto {
  return makeInt64Tensor(name, [values.length], values);
}

describe('a rule of advice on a file', () => {
  it.each(Object.entries(CASES))('%s', (rule, { triggers, silent, says }) => {
    const found = findings(triggers).filter((finding) => finding.rule === rule);
    expect(found.map(({ text }) => text)).toEqual([expect.stringMatching(says)]);
    expect(findings(silent).filter((finding) => finding.rule === rule)).toEqual([]);
  });

  it('has a case for each rule', () => {
    expect(Object.keys(CASES)).toEqual(Object.keys(MODEL_RULES));
  });
});

describe('a rule of advice on a file that quantizing wrote', { timeout: 120_000 }, () => {
  let quantized: Comparison & { recipe?: string };
  let halved: Comparison & { recipe?: string };

  beforeAll(async () => {
    const model = join(folder, 'coarse.onnx');
    writeModel(oneCoarseLayer(), model);
    quantized = await made(model, 'int8-all');
    halved = await made(model, 'float16');
  }, 120_000);

  const only = (rule: string, report: Comparison & { recipe?: string }) =>
    adviseComparison(report).filter((finding) => finding.rule === rule);

  it('costly layers', () => {
    const [finding] = only('costly layers', quantized);
    const kept = finding?.action?.kind === 'quantize' ? (finding.action.options.keep ?? []) : [];
    expect(kept).toContain('c2');
    expect(only('costly layers', halved)).toEqual([]);
  });

  it('cleaning alone', () => {
    expect(only('cleaning alone', timed(quantized, 10, 4, 3))[0]?.text).toMatch(
      /^Cleaning alone makes it 2\.50×/,
    );
    expect(only('cleaning alone', timed(quantized, 10, 9.9, 3))).toEqual([]);
  });

  it('not faster', () => {
    const slow = timed(quantized, 10, 10, 10.5);
    // The conversions are those that the reader found in the file.
    const layers = slow.layers.map((layer) => {
      const { after } = layer;
      const converts = layer.before === null && after?.layer?.kind === 'quantize';
      return converts ? { ...layer, after: { ...after, medianMs: 2 } } : layer;
    });
    const conversions = layers.filter(({ after }) => after?.medianMs === 2).length;
    expect(conversions).toBeGreaterThan(0);
    const [finding] = only('not faster', { ...slow, layers });
    expect(finding?.text).toContain('because converting to integers and back takes');
    expect(only('not faster', { ...timed(quantized, 10, 10, 5), layers })).toEqual([]);
    expect(only('not faster', timed(quantized, 10, 10, 10.5))).toEqual([]);
  });

  it('has a case for each rule', () => {
    expect(Object.keys(COMPARISON_RULES)).toEqual(['cleaning alone', 'not faster', 'costly layers']);
  });
});

/** Four convolutions; the third has a weight so large that 8 bits leave nothing of those beside it, and that adds nothing. */
function oneCoarseLayer() {
  const channels = 8;
  const random = seededRandom(3);
  const values = (fill: (from: number) => number) =>
    Float32Array.from({ length: 9 * channels ** 2 }, (_, at) => fill(Math.floor(at / 9) % channels));
  const usual = () => random() - 0.5;
  const bias = Float32Array.from({ length: channels }, (_, at) => (at === 0 ? -1000 : 0));
  const shape = [channels, channels, 3, 3];
  const step = (at: number, from: string, to: string, more: string[] = []) => [
    makeNode('Conv', [from, `w${at}`, ...more], [`c${at}`], { kernel_shape: [3, 3], pads: [1, 1, 1, 1] }),
    makeNode('Relu', [`c${at}`], [to]),
  ];
  return makeModel({
    name: 'coarse',
    input: [makeValueInfo('x', 'float32', [1, channels, 16, 16])],
    output: [makeValueInfo('y', 'float32', [1, channels, 16, 16])],
    initializer: [
      ...[0, 1, 3].map((at) => makeFloatTensor(`w${at}`, shape, values(usual))),
      // What comes from the first channel is always 0.
      makeFloatTensor(
        'w2',
        shape,
        values((from) => (from === 0 ? 60 : usual())),
      ),
      makeFloatTensor('b', [channels], bias),
    ],
    node: [
      ...step(0, 'x', 'r0'),
      ...step(1, 'r0', 'r1', ['b']),
      ...step(2, 'r1', 'r2'),
      ...step(3, 'r2', 'y'),
    ],
  });
}

async function made(model: string, recipe: Recipe): Promise<QuantizeReport> {
  const scratch = mkdtempSync(join(folder, 'scratch-'));
  const context = { scratch, memory: join(scratch, 'memory'), progress: () => {}, log: () => {} };
  const { report } = await quantize(
    {
      ...{ model, output: join(scratch, 'out.onnx'), recipe, calibration: null, validation: null },
      ...{
        preprocessing: PRESET_VALUES.half,
        calibrationSamples: 8,
        seed: 1,
        keep: [],
        activations: 'uint8',
      },
      ...{ search: { maxLoss: 1, seconds: 60 }, ports: 'float', measure: false, force: false },
      ...{ threads: 1, runs: 10, dims: {}, shapes: {} },
    },
    context,
  );
  return present(report, 'report');
}

/** The same with latencies in milliseconds. */
function timed<C extends Comparison>(report: C, before: number, cleaned: number, after: number): C {
  const latency = (median: number): Latency => ({
    median,
    p90: median,
    ci95: [0.98 * median, 1.02 * median],
  });
  const against = (from: number) => {
    const ratio = from / after;
    const verdict = ratio > 1.02 ? 'faster' : ratio < 0.98 ? 'slower' : 'no difference measured';
    return { ratio, ci95: [ratio, ratio] as [number, number], verdict } as const;
  };
  return {
    ...report,
    latencyMs: {
      ...{ before: latency(before), cleaned: latency(cleaned), after: latency(after) },
      ...{ speedup: against(before), speedupOverCleaned: against(cleaned) },
    },
  };
}
