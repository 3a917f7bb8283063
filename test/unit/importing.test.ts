import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openModel } from '../../src/formats/index';
import { itemAt, present } from '../../src/model/assert';
import { ModelError } from '../../src/model/modelError';
import type { ImportedProfile } from '../../src/protocol/imported';
import { importProfile } from '../../src/runtime/imports/importProfile';
import { readMeasurements, recognize } from '../../src/runtime/imports/readMeasurements';
import { modelInputs } from '../../src/runtime/inputs';
import { onnxRuntime } from '../../src/runtime/onnxruntime';
import { seededRandom } from '../../src/runtime/random';
import { randomFeeds } from '../../src/runtime/randomInputs';
import { type Dialect, log, nodeRow, type OperatorRow, tables } from './benchmarkOutput';
import { recordedProfile } from './litertProfiles';
import { SAMPLE, SAMPLE_TFLITE, SHARED_ONNX, scratchFolder } from './support';

const folder = scratchFolder();
const SIZES = { dims: {}, shapes: {} };

function imported(model: string, text: string, name: string | null = null): ImportedProfile {
  const file = openModel(model);
  try {
    const inferred = file.infer(SIZES).graph;
    return importProfile(recognize(text, '/tmp/measured.txt'), {
      file,
      inferred,
      source: '/tmp/measured.txt',
      name,
    });
  } finally {
    file.close();
  }
}

function sampleNodes() {
  const file = openModel(SAMPLE_TFLITE);
  const { nodes } = file.model.graph;
  file.close();
  return { nodes, bytes: file.model.fileBytes };
}

const totalOf = ({ layers, others }: ImportedProfile) =>
  [...layers, ...others].reduce((sum, { ms }) => sum + (ms ?? 0), 0);

/** XNNPACK's rows of a run of the sample, as LiteRT recorded them, in the words of benchmark_model. */
function xnnpackRows(): OperatorRow[] {
  return recordedProfile('sample')
    .filter(({ type }) => type === 8)
    .map(({ tag, index, microseconds }) => ({
      type: tag,
      ms: microseconds / 1000,
      name: `Delegate/${tag}:${index}`,
    }));
}

describe('benchmark_model over the sample', () => {
  it.each<Dialect>(['start', 'plain', 'csv'])(
    'gives each node of its kernels its own row (%s)',
    (dialect) => {
      const { nodes, bytes } = sampleNodes();
      const report = imported(SAMPLE_TFLITE, log(bytes) + tables(nodes.map(nodeRow), dialect), 'Pixel 8');
      expect(report.device).toEqual({ kind: 'imported', name: 'Pixel 8' });
      expect(report.layers).toHaveLength(nodes.length);
      report.layers.forEach(({ id, op, ms }, index) => {
        expect([id, op]).toEqual([String(index), itemAt(nodes, index).op]);
        expect(ms).toBeCloseTo((index + 1) / 1000, 9);
      });
      expect(report).toMatchObject({
        others: [],
        unattributed: 0,
        runs: 64,
        threads: 4,
        rowStatistic: 'average',
      });
      expect(report.latencyMs).toMatchObject({ value: 15.5176, statistic: 'average', ci95: null });
      expect(report.layers.reduce((sum, { share }) => sum + (share ?? 0), 0)).toBeCloseTo(1, 9);
    },
  );

  it('gives XNNPACK’s rows to layers by order and kind, and says so', () => {
    const { nodes, bytes } = sampleNodes();
    const rows = xnnpackRows();
    const report = imported(SAMPLE_TFLITE, log(bytes) + tables(rows, 'plain'));
    expect(report).toMatchObject({
      unattributed: 0,
      others: [],
      device: { name: 'imported from measured.txt' },
    });
    const convolutions = report.layers.filter(({ op }) => op === 'DEPTHWISE_CONV_2D');
    expect(convolutions.reduce((sum, { ms }) => sum + (ms ?? 0), 0)).toBeCloseTo(
      rows.filter(({ type }) => type.endsWith('DWConv')).reduce((sum, { ms }) => sum + ms, 0),
      6,
    );
    for (const { op, ms, fusedIntoId, id } of report.layers) {
      if (op === 'PAD') expect([ms, fusedIntoId]).toEqual([null, String(Number(id) + 1)]);
      else expect(ms).not.toBeNull();
    }
    expect(totalOf(report)).toBeCloseTo(
      rows.reduce((sum, { ms }) => sum + ms, 0),
      6,
    );
    expect(report.notes.join()).toContain('by their order and kind');
    expect(nodes).toHaveLength(report.layers.length);
  });

  it('says of no layer what XNNPACK’s rows of several parts took, and counts them', () => {
    const { bytes } = sampleNodes();
    const rows = xnnpackRows().map((row, index) => (index === 1 ? { ...row, calls: 2 } : row));
    const report = imported(SAMPLE_TFLITE, log(bytes) + tables(rows, 'plain'));
    expect(report.unattributed).toBe(rows.length);
    expect(report.layers.every(({ ms, fusedInto }) => ms === null && fusedInto === undefined)).toBe(true);
    expect(report.notes.join()).toContain('--use_xnnpack=false');
  });

  it('shows a delegate as one row, and which layers are in it', () => {
    const { nodes, bytes } = sampleNodes();
    const last = itemAt(nodes, 10);
    const rows = [
      { type: 'TfLiteGpuDelegateV2', ms: 3, name: `[${last.outputs.join(', ')}]:${nodes.length}` },
      ...nodes.map(nodeRow).slice(11),
    ];
    const report = imported(SAMPLE_TFLITE, log(bytes) + tables(rows, 'plain'));
    expect(report.others).toMatchObject([{ op: 'TfLiteGpuDelegateV2', ms: 3, kind: 'engine' }]);
    expect(report.layers.slice(0, 11).map(({ ms, fusedInto }) => [ms, fusedInto])).toEqual(
      Array.from({ length: 11 }, () => [null, 'TfLiteGpuDelegateV2']),
    );
    expect(report.layers.slice(11).every(({ ms }) => ms !== null)).toBe(true);
    expect(report.unattributed).toBe(0);
  });

  it('finds nodes by their names alone where there are no numbers', () => {
    const { nodes, bytes } = sampleNodes();
    const rows = nodes.map((node, index) => {
      const row = nodeRow(node, index);
      return { ...row, name: row.name.replace(/:\d+$/, '') };
    });
    expect(
      imported(SAMPLE_TFLITE, log(bytes) + tables(rows, 'start')).layers.every(({ ms }) => ms !== null),
    ).toBe(true);
  });

  it('is refused where it is of another model', () => {
    const { nodes, bytes } = sampleNodes();
    const others = nodes.map((node, index) => nodeRow({ ...node, outputs: [`other_${index}`] }, index));
    expect(() => imported(SAMPLE_TFLITE, log(bytes) + tables(others, 'plain'))).toThrow(
      /another model: \d+ of its \d+ rows/,
    );
    expect(() => imported(SAMPLE_TFLITE, log(4 * bytes))).toThrow('It was measured on a model of 6.56 MB');
    expect(() => imported(SAMPLE, log(bytes))).toThrow('does not run ONNX files');
  });

  it('shows single rows that name nothing of the model, and does not guess', () => {
    const { nodes, bytes } = sampleNodes();
    const rows = nodes.map((node, index) =>
      nodeRow(index === 3 ? { ...node, outputs: ['other'] } : node, index),
    );
    const report = imported(SAMPLE_TFLITE, log(bytes) + tables(rows, 'plain'));
    expect(report.unattributed).toBe(1);
    expect(itemAt(report.layers, 3)).toMatchObject({ ms: null });
    expect(report.others).toMatchObject([{ name: '[other]:3', kind: 'unattributed' }]);
  });
});

describe('litert-benchmark', () => {
  /** Written by version 2.3.0 for the sample. */
  const RESULT = {
    model: '/models/shapes_mobilenetv2.tflite',
    model_size_mb: 1.57,
    accelerators: ['CPU'],
    signature: 'serving_default',
    fully_accelerated: true,
    num_threads: 1,
    latency: {
      init_ms: 2.88,
      warmup_first_ms: 0.5,
      warmup_avg_ms: 0.39,
      num_warmup_runs: 5,
      avg_ms: 0.33,
      min_ms: 0.31,
      max_ms: 0.42,
      median_ms: 0.31,
      std_ms: 0.03,
      p5_ms: 0.31,
      p95_ms: 0.38,
      num_runs: 20,
    },
    throughput_mb_s: 324.27,
  };

  it('says what the whole takes, and nothing of layers', () => {
    const report = imported(SAMPLE_TFLITE, JSON.stringify(RESULT, null, 2), 'Board');
    expect(report.latencyMs).toEqual({ statistic: 'median', value: 0.31, min: 0.31, max: 0.42, ci95: null });
    expect(report).toMatchObject({ engine: 'LiteRT on CPU', threads: 1, runs: 20, layers: [], others: [] });
  });

  it('is refused without a number, and of another model', () => {
    const without = { ...RESULT, latency: { ...RESULT.latency, median_ms: 'fast' } };
    expect(() => imported(SAMPLE_TFLITE, JSON.stringify(without))).toThrow('is no number');
    expect(() => imported(SAMPLE_TFLITE, JSON.stringify({ ...RESULT, model_size_mb: 3.1 }))).toThrow(
      'import it into the model that was run',
    );
  });
});

describe('a profile that ONNX Runtime wrote of the sample', () => {
  const RUNS = 5;

  async function trace(optimization: 'all' | 'extended' | 'none'): Promise<string> {
    const file = openModel(SAMPLE);
    const inputs = modelInputs(file.infer(SIZES).graph);
    file.close();
    const prefix = join(folder, optimization);
    const session = await onnxRuntime.load(SAMPLE, { threads: 1, optimization, profilePrefix: prefix });
    const feeds = randomFeeds(inputs, new Map(), 0);
    for (let run = 0; run < RUNS; run++) await session.run(feeds);
    await session.close();
    const name = present(
      readdirSync(folder).find((one) => one.startsWith(`${optimization}_`)),
      'profile',
    );
    return readFileSync(join(folder, name), 'utf8');
  }

  it('of the model as it is written gives each node its own row', async () => {
    const report = imported(SAMPLE, await trace('none'));
    expect(report).toMatchObject({ runs: RUNS, rowStatistic: 'median', unattributed: 0, others: [] });
    for (const { op, ms, fusedInto } of report.layers) {
      if (op === 'Constant') expect([ms, fusedInto]).toEqual([null, 'a constant']);
      else expect(ms).not.toBeNull();
    }
    expect(report.latencyMs?.value).toBeGreaterThan(0.9 * totalOf(report));
  });

  it.each(['extended', 'all'] as const)(
    'optimized (%s) gives convolutions their time, with what is folded into them',
    async (level) => {
      const report = imported(SAMPLE, await trace(level));
      expect(report.unattributed).toBe(0);
      const byId = new Map(report.layers.map((layer) => [layer.id, layer]));
      for (const { op, ms, fusedIntoId } of report.layers) {
        if (op === 'Conv') expect(ms).not.toBeNull();
        // Which folds them is in the names: the sample's clips stand right behind convolutions.
        if (op === 'Clip') expect(byId.get(fusedIntoId ?? '')?.op).toBe('Conv');
        // Sums are folded too, and nothing says where: unknown, not guessed.
        if (op === 'Add' && ms === null) expect(fusedIntoId).toBeUndefined();
      }
      for (const { op, kind } of report.others)
        expect([op, kind]).toEqual([expect.stringMatching(/^Reorder/), 'engine']);
    },
  );

  it('is refused over another model and cut off', async () => {
    const text = await trace('none');
    const others = text.replaceAll('/features/', '/layers/').replaceAll('/classifier/', '/head/');
    expect(() => imported(SAMPLE, others)).toThrow('another model');
    expect(() => imported(SAMPLE_TFLITE, text)).toThrow('does not run TensorFlow Lite files');
    expect(() => imported(SAMPLE, text.slice(0, text.lastIndexOf('"op_name"')))).toThrow('cut off');
  });

  it('whose runs overlap is refused', () => {
    const run = (ts: number) =>
      `{"cat":"Session","pid":1,"tid":1,"dur":100,"ts":${ts},"ph":"X","name":"model_run","args":{}}`;
    expect(() => imported(SAMPLE, `[\n${[run(0), run(50)].join(',\n')}\n]`)).toThrow('overlap');
    expect(imported(SAMPLE, `[\n${[run(0), run(100)].join(',\n')}\n]`).latencyMs?.value).toBe(0.1);
  });
});

/** Unnamed nodes, names that the engine makes, activations that it folds, branches. */
const REAL = [
  'mnist_cntk.onnx',
  'ultraface_version-RFB-320.onnx',
  'yunet_n_dynamic.onnx',
  'ort_bert_toy_optimized.onnx',
];

describe('rows of ONNX Runtime that are placed by their names', () => {
  const paths = [SAMPLE, ...REAL.map((name) => join(SHARED_ONNX, name)).filter(existsSync)];

  it.each(paths.map((path) => [basename(path), path]))(
    'are those of the same layers in a copy whose nodes are numbered: %s',
    async (_, path) => {
      const file = openModel(path);
      const inferred = file.infer(SIZES).graph;
      const { instrument, placeRows, inputRoles } = present(file.format.profiling, 'profiling');
      const own = mkdtempSync(join(folder, 'model-'));
      const copy = present(instrument, 'instrument')(file, inferred, join(own, 'copy.onnx'));
      const feeds = randomFeeds(modelInputs(inferred), inputRoles(file, inferred), 0);
      const rowsOf = async (model: string, prefix: string) => {
        const session = await onnxRuntime.load(model, {
          threads: 1,
          profilePrefix: join(own, prefix),
          optimizedModelPath: join(own, `${prefix}.onnx`),
        });
        await session.run(feeds);
        await session.close();
        const name = present(
          readdirSync(own).find((one) => one.startsWith(`${prefix}_`)),
          'profile',
        );
        return recognize(readFileSync(join(own, name), 'utf8'), name).rows;
      };
      const numbered = await rowsOf(copy.path, 'numbered');
      const { owners } = copy.attribute(numbered, join(own, 'numbered.onnx'));
      const known = new Set(
        numbered.map(({ op }, row) => {
          const owner = itemAt(owners, row);
          return `${owner === null ? null : itemAt(copy.layers, owner).id} ${op}`;
        }),
      );
      const rows = await rowsOf(path, 'named');
      const placed = present(placeRows, 'placeRows')(file, inferred, rows).owners;
      file.close();
      const found = rows.flatMap(({ op }, row) => {
        const owner = itemAt(placed, row);
        return owner.kind === 'layer' ? [`${owner.id} ${op}`] : [];
      });
      expect(found.filter((one) => !known.has(one))).toEqual([]);
      expect(found.length).toBeGreaterThan(0.4 * rows.length);
      expect(placed.filter(({ kind }) => kind === 'foreign').length).toBeLessThanOrEqual(2);
    },
  );
});

describe('damaged files', () => {
  const SEED = 20_261_126;

  it(`give figures or a sentence (seed ${SEED})`, () => {
    const random = seededRandom(SEED);
    const { nodes, bytes } = sampleNodes();
    const event = (name: string, cat: string, ts: number, dur: number) =>
      JSON.stringify({
        cat,
        pid: 1,
        tid: 1,
        dur,
        ts,
        ph: 'X',
        name,
        args: { op_name: 'Conv', provider: 'CPUExecutionProvider' },
      });
    const texts: readonly (readonly [string, string])[] = [
      [SAMPLE_TFLITE, log(bytes) + tables(nodes.map(nodeRow), 'plain')],
      [SAMPLE_TFLITE, log(bytes) + tables(xnnpackRows(), 'csv')],
      [
        SAMPLE,
        `[\n${[event('/features/features.0/features.0.0/Conv_kernel_time', 'Node', 1, 5), event('model_run', 'Session', 0, 9)].join(',\n')}\n]`,
      ],
    ];
    for (let round = 0; round < 60; round++) {
      const [model, text] = itemAt(texts, round % texts.length);
      const characters = [...text];
      for (let change = 0; change < 1 + random() * 8; change++) {
        const at = Math.floor(random() * characters.length);
        const count = Math.floor(random() * 40);
        const other = itemAt(
          ['', '[', '"', '-', '1e999', '\n', '{}', 'null', '\u0000', '%', ']:9'],
          Math.floor(random() * 11),
        );
        characters.splice(at, count, other);
      }
      try {
        expect(imported(model, characters.join('')).version).toBe(1);
      } catch (error) {
        expect(error, `round ${round}`).toBeInstanceOf(ModelError);
      }
    }
  });
});

describe('what is none of these', () => {
  it.each(['', '{}', '[]', 'hello', 'null', '{"latency":null}', '\u0000\u0001', '[{"name":"x"}]'])(
    '%j is said in a sentence',
    (text) => {
      const path = join(folder, 'other.txt');
      writeFileSync(path, text);
      expect(() => readMeasurements(path)).toThrow('This file holds no measurements that can be imported');
    },
  );

  it('is an Xcode report, whose format nobody publishes', () => {
    const path = join(folder, 'sample.mlperf');
    mkdirSync(path);
    expect(() => readMeasurements(path)).toThrow('performance reports cannot be imported');
  });
});
