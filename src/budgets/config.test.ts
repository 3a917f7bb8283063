import { describe, expect, it } from 'vitest';
import { parseBudgets } from './config';
import { quantityOf } from './quantities';
import { ConfigError } from './syntax';

const parse = (text: string) => parseBudgets('/repository/caliper.json', text);

/** The one budget of a text, with these fields. */
const budget = (fields: string) => parse(`{ "budgets": [{ "models": "*.onnx", ${fields} }] }`).budgets[0];

/** The sentence of what is wrong, with the place. */
function problem(text: string): string {
  try {
    parse(text);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('It was understood.');
}

describe('quantities', () => {
  it.each([
    ['2 MB', 'bytes', 2_000_000],
    ['2MB', 'bytes', 2_000_000],
    ['1.5 kB', 'bytes', 1500],
    ['512 KiB', 'bytes', 524_288],
    ['3 MiB', 'bytes', 3_145_728],
    ['7', 'bytes', 7],
    [1234, 'bytes', 1234],
    ['300 M', 'count', 300_000_000],
    ['95 %', 'fraction', 0.95],
    [0.95, 'fraction', 0.95],
    ['1.1×', 'ratio', 1.1],
    ['80 %', 'ratio', 0.8],
    ['30 dB', 'decibels', 30],
    ['12 ms', 'milliseconds', 12],
  ] as const)('%s of %s is %d', (written, unit, value) => {
    expect(quantityOf(written, unit)).toBeCloseTo(value, 9);
  });

  it.each([
    ['2 Mb', 'bytes'],
    ['-1', 'bytes'],
    ['', 'bytes'],
    ['MB', 'bytes'],
    ['1e3', 'bytes'],
    [-1, 'bytes'],
    [Number.NaN, 'bytes'],
    ['99999999999999 GB', 'bytes'],
    [95, 'fraction'],
    ['95', 'fraction'],
    ['2 toString', 'count'],
    [null, 'count'],
  ] as const)('%s is none of %s', (written, unit) => {
    expect(quantityOf(written, unit)).toBeNull();
  });
});

describe('caliper.json', () => {
  it('may hold comments and a trailing comma, and every limit knows its place', () => {
    const { budgets } = parse(`{
  // of the app
  "budgets": [
    {
      "name": "app", /* all */ "models": ["models/**/*.onnx", "!models/old/**"],
      "fileSize": "2 MB",
      "weightBytes": { "float32": 0, "int8": "1 MB" },
    },
  ],
}`);
    expect(budgets).toHaveLength(1);
    expect(budgets[0]).toMatchObject({ name: 'app', models: ['models/**/*.onnx', '!models/old/**'] });
    expect(budgets[0]?.limits).toEqual([
      {
        ...{ kind: 'most', figure: 'fileSize', type: null, most: 2e6 },
        at: { line: 6, column: 19, endLine: 6, endColumn: 25 },
      },
      {
        ...{ kind: 'most', figure: 'weightBytes', type: 'float32', most: 0 },
        at: { line: 7, column: 35, endLine: 7, endColumn: 36 },
      },
      {
        ...{ kind: 'most', figure: 'weightBytes', type: 'int8', most: 1e6 },
        at: { line: 7, column: 46, endLine: 7, endColumn: 52 },
      },
    ]);
  });

  it('limits growth of all costs by one number, or of those that are named', () => {
    expect(budget('"maxGrowth": "2 %"')?.limits).toMatchObject(
      ['fileSize', 'parameters', 'peakActivation', 'macs'].map((figure) => ({ figure, most: 0.02 })),
    );
    expect(budget('"maxGrowth": { "macs": 0 }')?.limits).toMatchObject([{ figure: 'macs', most: 0 }]);
  });

  it('names paths from its own folder', () => {
    const limits = budget(
      '"latency": { "reference": "float.onnx", "max": 0.8 }, "accuracy": { "reference": "float.onnx", "data": "../photos", "sqnr": 20 }',
    )?.limits;
    expect(limits).toMatchObject([
      { reference: '/repository/float.onnx' },
      { data: { reference: '/repository/float.onnx', data: '/photos' } },
    ]);
  });

  it.each([
    ['', '1:1: the file is empty'],
    ['{', '1:2: closing brace expected'],
    ['[]', '1:1: an object is expected'],
    ['{}', '1:1: it has no "budgets"'],
    ['{ "budget": [] }', '1:3: "budget" is not known: is "budgets" meant?'],
    ['{ "budgets": {} }', '1:14: a list is expected'],
    ['{\n  "budgets": [\n    7\n  ]\n}', '3:5: an object is expected'],
    ['{ "budgets": [{ "fileSize": 1 }] }', '1:15: this budget has no "models"'],
    ['{ "budgets": [{ "models": "*" }] }', '1:15: this budget limits nothing'],
    ['{ "budgets": [{ "models": [], "macs": 1 }] }', '1:27: a path or glob of models is expected'],
    ['{ "budgets": [{ "models": "../*.onnx", "macs": 1 }] }', '1:27: models lie in the folder of this file'],
    ['{ "budgets": [{ "models": "/etc/*", "macs": 1 }] }', '1:27: models lie in the folder of this file'],
    ['{ "budgets": [{ "models": "a\\\\b.onnx", "macs": 1 }] }', '1:27: write paths with /'],
    ['{ "budgets": [{ "models": "!a", "macs": 1 }] }', '1:27: this names no model'],
    ['{ "budgets": [{ "models": "a", "macs": 1, "macs": 2 }] }', '1:43: "macs" stands here twice'],
    [
      '{ "budgets": [{ "models": "a", "filesize": 1 }] }',
      '1:32: "filesize" is not known: is "fileSize" meant?',
    ],
    [
      '{ "budgets": [{ "models": "a", "constructor": 1 }] }',
      '1:32: "constructor" is not known: it can be name',
    ],
    ['{ "budgets": [{ "models": "a", "fileSize": "2 Mb" }] }', '1:44: expected bytes as a number'],
    ['{ "budgets": [{ "models": "a", "fileSize": true }] }', '1:44: expected bytes as a number'],
    ['{ "budgets": [{ "models": "a", "weightBytes": { "float": 1 } }] }', '1:49: "float" is no element type'],
    ['{ "budgets": [{ "models": "a", "opset": { "min": 9, "max": 8 } }] }', '1:41: "min" is above "max"'],
    ['{ "budgets": [{ "models": "a", "opset": 1.5 }] }', '1:41: a whole number from 0 to 1000000'],
    ['{ "budgets": [{ "models": "a", "latency": { "max": 1 } }] }', '1:43: "max" is a ratio: it needs'],
    ['{ "budgets": [{ "models": "a", "latency": { "maxMs": 1 } }] }', '1:54: times differ between computers'],
    ['{ "budgets": [{ "models": "a", "accuracy": { "sqnr": 1 } }] }', '1:44: "reference", a float model'],
    ['{ "budgets": [{ "models": "a", "targets": ["moon"] }] }', '1:44: this can be mlkit, xnnpack'],
    ['{ "budgets": [{ "models": "a", "precision": { "int9": 1 } }] }', '1:47: "int9" is not known'],
  ])('%s is wrong at its place', (text, expected) => {
    const sentence = problem(text);
    expect(sentence).toContain(`caliper.json:${expected}`);
    expect(sentence).not.toContain('\n');
  });

  it('is no reason to crash: as deep, long or wide as a stranger can make it', () => {
    expect(problem('['.repeat(100_000))).toContain('1:33: more than 32 levels');
    expect(problem(`{"a":`.repeat(50_000))).toContain('more than 32 levels');
    expect(() => parse(' '.repeat(2 ** 20 + 1))).toThrow('larger than 1 MB');
    expect(problem(`{ "budgets": [${'{},'.repeat(2000)}] }`)).toContain('more than 1000 items');
    expect(problem('{ "budgets": [{ "models": "a", "__proto__": { "macs": 1 } }] }')).toContain(
      'is not known',
    );
  });
});
