import type { Node } from '../../src/model/model';

/** A row of the table of operators: type, milliseconds of a call, name, and calls in a run. */
export interface OperatorRow {
  readonly type: string;
  readonly ms: number;
  readonly name: string;
  readonly calls?: number;
}

/** How versions and modes of benchmark_model write their table. */
export type Dialect = 'start' | 'plain' | 'csv' | 'csv with start';

const LOG = [
  'STARTING!',
  'Log parameter values verbosely: [0]',
  'Num threads: [4]',
  'Graph: [/data/local/tmp/caliper/model.tflite]',
  'Enable op profiling: [1]',
  '#threads used for CPU inference: [4]',
  'Loaded model /data/local/tmp/caliper/model.tflite',
];

const INITIALIZATION: readonly OperatorRow[] = [
  { type: 'ModifyGraphWithDelegate', ms: 6.348, name: 'ModifyGraphWithDelegate/0' },
  { type: 'AllocateTensors', ms: 5.061, name: 'AllocateTensors/0' },
];

/** What is printed of the whole: count, first and so on in microseconds, and of the size of the model's file. */
export function log(bytes: number, more: readonly string[] = []): string {
  return [
    ...LOG,
    ...more,
    `The input model file size (MB): ${Number((bytes / 1e6).toPrecision(6))}`,
    'Initialized session in 32.163ms.',
    'Running benchmark for at least 1 iterations and at least 0.5 seconds but terminate if exceeding 150 seconds.',
    'count=32 first=19834 curr=15648 min=14936 max=21608 avg=15997.4 std=1663',
    '',
    'Running benchmark for at least 50 iterations and at least 1 seconds but terminate if exceeding 150 seconds.',
    'count=64 first=16067 curr=15102 min=14661 max=17579 avg=15517.6 std=551',
    '',
    'Inference timings in us: Init: 32163, First inference: 19834, Warmup (avg): 15997.4, Inference (avg): 15517.6',
    'Note: as the benchmark tool itself affects memory footprint, the following is only APPROXIMATE to the actual memory footprint of the model at runtime. Take the information at your discretion.',
    'Memory footprint delta from the start of the tool (MB): init=22.0273 overall=34.8281',
    '',
  ].join('\n');
}

/** The tables of the initialization and of the runs, with the summaries behind them. */
export function tables(rows: readonly OperatorRow[], dialect: Dialect): string {
  return [
    'Profiling Info for Benchmark Initialization:',
    tableAndSummary(INITIALIZATION, dialect),
    'Operator-wise Profiling Info for Regular Benchmark Runs:',
    tableAndSummary(rows, dialect),
  ].join('\n');
}

export function tableAndSummary(rows: readonly OperatorRow[], dialect: Dialect): string {
  const slowest = [...rows].sort((a, b) => b.ms - a.ms).slice(0, 10);
  return [
    table('Run Order', rows, dialect),
    table('Top by Computation Time', slowest, dialect),
    `Number of nodes executed: ${rows.length}`,
    '============================== Summary by node type ==============================',
    dialect.startsWith('csv')
      ? 'node type, count, avg_ms, avg %, cdf %, mem KB, times called'
      : '\t             [Node type]\t  [count]\t  [avg ms]\t    [avg %]\t    [cdf %]\t  [mem KB]\t[times called]',
    '',
    'Timings (microseconds): count=64 first=16060 curr=15090 min=14650 max=17560 avg=15500.1 std=550',
    'Memory (bytes): count=0',
    `${rows.length} nodes observed`,
    '',
    '',
  ].join('\n');
}

function table(title: string, rows: readonly OperatorRow[], dialect: Dialect): string {
  const csv = dialect.startsWith('csv');
  const start = dialect.endsWith('start');
  const heading = csv
    ? `node type, ${start ? 'start, ' : ''}first, avg_ms, %, cdf%, mem KB, times called, name`
    : `\t             [node type]${start ? '\t          [start]' : ''}\t  [first]\t [avg ms]\t     [%]\t  [cdf%]\t  [mem KB]\t[times called]\t[Name]`;
  const total = rows.reduce((sum, { ms, calls = 1 }) => sum + ms * calls, 0);
  let before = 0;
  const lines = rows.map(({ type, ms, name, calls = 1 }) => {
    const at = before;
    before += ms * calls;
    const share = (100 * ms * calls) / total;
    const cumulative = (100 * before) / total;
    if (csv) {
      const cells = [type, ...(start ? [at] : []), ms, ms, `${share}%`, `${cumulative}%`, 0, calls];
      return [...cells, name.replaceAll(',', '\t')].join(', ');
    }
    const times = [...(start ? [at] : []), ms, ms].map((one) => one.toFixed(3).padStart(9));
    const shares = [share, cumulative].map((one) => `${one.toFixed(3).padStart(7)}%`);
    return `\t${[type.padStart(24), ...times, ...shares, '0.000'.padStart(10), String(calls).padStart(9), name].join('\t')}`;
  });
  return [
    `============================== ${title} ==============================`,
    heading,
    ...lines,
    '',
  ].join('\n');
}

/** What the tool calls a node of the file, by its number. */
export function nodeRow({ op, outputs }: Pick<Node, 'op' | 'outputs'>, number: number): OperatorRow {
  return { type: op, ms: (number + 1) / 1000, name: `[${outputs.join(', ')}]:${number}` };
}
