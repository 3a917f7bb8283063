import { describe, expect, it } from 'vitest';
import {
  type Dialect,
  log,
  type OperatorRow,
  tableAndSummary,
  tables,
} from '../../../test/unit/benchmarkOutput';
import { isBenchmarkModel, readBenchmarkModel } from './benchmarkModel';

const ROWS: readonly OperatorRow[] = [
  { type: 'QUANTIZE', ms: 0.203, name: '[tfl.quantize]:0' },
  { type: 'Convolution (NHWC, QC8) IGEMM', ms: 0.407, name: 'Delegate/Convolution (NHWC, QC8) IGEMM:0' },
  {
    type: 'Convolution (NHWC, QC8) DWConv',
    ms: 0.051,
    name: 'Delegate/Convolution (NHWC, QC8) DWConv:1',
    calls: 13,
  },
  { type: 'SPLIT', ms: 0.013, name: '[cell/split, cell/split:1, a b]:7' },
  { type: 'TfLiteGpuDelegateV2', ms: 3.5, name: '[out]:12' },
];
const read = (text: string) => readBenchmarkModel(text, '/tmp/out.txt');
const DIALECTS: readonly Dialect[] = ['start', 'plain', 'csv', 'csv with start'];

describe('benchmark_model', () => {
  it.each(DIALECTS)(
    'is read with its table of operators (%s), without those of the initialization',
    (dialect) => {
      const text = log(4_561_180) + tables(ROWS, dialect);
      expect(isBenchmarkModel(text)).toBe(true);
      const { rows, rowStatistic, latency, runs, threads, modelBytes } = read(text);
      expect(rows.map(({ name, op }) => [op, name])).toEqual(ROWS.map(({ type, name }) => [type, name]));
      rows.forEach(({ ms }, index) => {
        const { ms: average = 0, calls = 1 } = ROWS[index] ?? {};
        expect(ms).toBeCloseTo(average * calls, 9);
      });
      expect({ rowStatistic, runs, threads, modelBytes }).toEqual({
        rowStatistic: 'average',
        runs: 64,
        threads: 4,
        modelBytes: 4_561_180,
      });
      expect(latency).toEqual({ statistic: 'average', value: 15.5176, min: 14.661, max: 17.579, ci95: null });
    },
  );

  it('is read without a table', () => {
    const { rows, latency } = read(log(1000));
    expect(rows).toEqual([]);
    expect(latency?.value).toBe(15.5176);
  });

  it('is read with the prefixes of logs, and the delegate is named', () => {
    const text = log(1000, [
      'Explicitly applied GPU delegate, and the model graph will be completely executed by the delegate.',
    ]);
    const android = text.split('\n').map((line) => `05-30 15:16:44.857  3380  3380 I tflite  : ${line}`);
    const info = text.split('\n').map((line) => (line === '' ? '' : `INFO: ${line}`));
    for (const lines of [android, info]) {
      const { latency, engine, runs } = read(lines.join('\r\n'));
      expect(latency?.value).toBe(15.5176);
      expect(engine).toBe('TensorFlow Lite with GPU');
      expect(runs).toBe(64);
    }
  });

  it('takes the median where the tool gives one, and rows without a heading of their part', () => {
    const text = [
      'INFO: The input model file size (MB): 3.27774',
      'INFO: count=358 first=1927 curr=1370 min=1363 max=1927 avg=1386.31 std=38 p5=1366 median=1377 p95=1428',
      '',
      'INFO: count=1000 first=1407 curr=1370 min=1362 max=1452 avg=1379.64 std=14 p5=1365 median=1373 p95=1409',
      '',
      'INFO: [./litert/tools/benchmark_litert_model.h:81] ',
      '========== BENCHMARK RESULTS ==========',
      'INFO: [./litert/tools/benchmark_litert_model.h:88] Inference (avg):      1.38 ms (1000 runs)',
      'INFO: [./litert/tools/benchmark_litert_model.h:126] ======================================',
      'INFO: [./litert/tools/benchmark_litert_model.h:179] ',
      tableAndSummary(
        [
          { type: 'LiteRT::Run[buffer registration]', ms: 0.018, name: 'LiteRT::Run[buffer registration]/0' },
          { type: 'AllocateTensors', ms: 0.195, name: 'AllocateTensors/0', calls: 0 },
          {
            type: 'Fully Connected (NC, F32) GEMM',
            ms: 1.269,
            name: 'Delegate/Fully Connected (NC, F32) GEMM:1',
          },
        ],
        'plain',
      ),
    ].join('\n');
    const { latency, rows, runs } = read(text);
    expect(latency).toEqual({ statistic: 'median', value: 1.373, min: 1.362, max: 1.452, ci95: null });
    expect(runs).toBe(1000);
    expect(rows.map(({ op, ms }) => [op, ms])).toEqual([
      ['LiteRT::Run[buffer registration]', 0.018],
      ['AllocateTensors', null],
      ['Fully Connected (NC, F32) GEMM', 1.269],
    ]);
  });

  it('passes on that a delegate which was asked for did nothing', () => {
    const sentence =
      'Though NNAPI delegate is explicitly applied, the model graph will not be executed by the delegate.';
    const { engine, notes } = read(
      log(1000, ['Created TensorFlow Lite XNNPACK delegate for CPU.', sentence]),
    );
    expect([engine, notes]).toEqual(['TensorFlow Lite with XNNPACK', [sentence]]);
  });

  it('is read in the wording of 2019, whose nodes have no number', () => {
    const text = `Average inference timings in us: Warmup: 27917.4, Init: 21528106, no stats: 23313.5\n${tableAndSummary(
      [{ type: 'DELEGATE', ms: 21.287, name: '[cell/BiasAdd]' }],
      'start',
    )}`;
    const { latency, rows } = read(text);
    expect(latency).toEqual({ statistic: 'average', value: 23.3135, min: null, max: null, ci95: null });
    expect(rows).toEqual([{ op: 'DELEGATE', name: '[cell/BiasAdd]', ms: 21.287, calls: 1 }]);
  });

  it('is read from a file of CSV alone, whose latency is unknown', () => {
    const { latency, rows, runs } = read(tables(ROWS, 'csv'));
    expect(latency).toBeNull();
    expect(runs).toBe(64);
    expect(rows).toHaveLength(ROWS.length);
  });

  it('leaves out what graphs that operators call took, since their callers have that time', () => {
    const text = [
      log(1000),
      'Operator-wise Profiling Info for Regular Benchmark Runs:',
      'Primary graph (name: main) profile:',
      tableAndSummary([{ type: 'WHILE', ms: 2, name: '[loop]:0' }], 'plain'),
      'Subgraph (index: 1, name: body) profile:',
      tableAndSummary([{ type: 'ADD', ms: 1, name: '[sum]:0' }], 'plain'),
    ].join('\n');
    const { rows, notes } = read(text);
    expect(rows.map(({ op }) => op)).toEqual(['WHILE']);
    expect(notes.join()).toContain('graphs that operators call');
  });

  it.each([
    [
      'ends before the runs',
      log(1000).split('Running benchmark for at least 50')[0] ?? '',
      'ends before the runs do',
    ],
    ['is two measurements', log(1000) + log(1000), 'more than one measurement'],
    ['has two tables', tables(ROWS, 'plain') + tables(ROWS, 'plain'), 'more than one measurement'],
    ['is cut off in a row', tables(ROWS, 'plain').split('Delegate/Convolution')[0] ?? '', 'cut off'],
    ['has other columns', tables(ROWS, 'plain').replaceAll('[avg ms]', '[avg]'), 'columns of its table'],
    ['has a line without an end', `${log(1000)}${'a'.repeat(200_000)}`, 'more than 100000 characters'],
  ])('that %s is refused in a sentence', (_, text, sentence) => {
    expect(() => read(text)).toThrow(sentence);
  });

  it('takes no longer for hostile lines', () => {
    const heading = tables([], 'plain').split('\n').slice(0, 3).join('\n');
    for (const line of [
      `a${' '.repeat(90_000)}`,
      `count=1 ${'a'.repeat(90_000)}`,
      `${'= '.repeat(45_000)}x`,
    ]) {
      const started = performance.now();
      expect(() => read(`${heading}\n${`${line}\n`.repeat(20)}`)).toThrow();
      expect(performance.now() - started).toBeLessThan(3000);
    }
    expect(isBenchmarkModel('\n'.repeat(2_000_000))).toBe(false);
  });
});
