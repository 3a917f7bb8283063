import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/analysis/inspect';
import { describe as describeModel } from '../../src/cli/inspect';
import { openModel } from '../../src/formats';
import type { ModelFile } from '../../src/formats/format';
import { makeNode, makeValueInfo } from '../../src/formats/onnx/writing/make';
import { SAMPLE, SAMPLE_TFLITE } from './places';
import { makeModel, realModels, realTfliteModels, reopen, scratchFolder } from './support';
import { makeTransformer, NODES_A_LAYER } from './transformer';

const COLUMNS = 80;
const folder = scratchFolder();

/** Lines of the table without heading and total, as a terminal of 80 columns shows them, and all lines of the table. */
function table(file: ModelFile, depth: number | null = null): { rows: string[]; lines: string[] } {
  const report = inspect(file, { dims: {}, shapes: {} });
  const text = [...describeModel(report, file.format.name, { width: COLUMNS, depth, findings: [] })].join('');
  const lines = text.split('\n');
  const rule = lines.findIndex((line) => line.startsWith('─'));
  const end = lines.findIndex((line, at) => at > rule && line.startsWith('total'));
  return { rows: lines.slice(rule + 1, end), lines: lines.slice(rule - 1, end + 1) };
}

/** What is shown as the name: the first column. */
function names(rows: readonly string[]): string[] {
  return rows.map((row) => row.trimStart().split(/ {2,}/)[0] ?? '');
}

function expectTold(file: ModelFile): void {
  const { rows, lines } = table(file);
  expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(COLUMNS);
  const shown = names(rows);
  expect(new Set(shown).size).toBe(shown.length);
}

describe('inspect at 80 columns', () => {
  it.each([
    ['the sample', SAMPLE],
    ['the sample .tflite', SAMPLE_TFLITE],
    ...[...realModels(), ...realTfliteModels()].map((path) => [path, path]),
  ])('tells every layer apart: %s', (_, path) => {
    const file = openModel(path);
    expectTold(file);
    file.close();
  });

  it('tells 10,000 layers apart', () => {
    const file = reopen(makeTransformer(10_000), folder);
    expectTold(file);
    expect(table(file).rows).toHaveLength(Math.floor(10_000 / NODES_A_LAYER) * NODES_A_LAYER);
    file.close();
  });

  it('tells layers of one name apart by their ids', () => {
    const name = `/a/${'deep/'.repeat(30)}Relu`;
    const file = reopen(
      makeModel({
        name: 'same',
        input: [makeValueInfo('x', 'float32', [4])],
        output: [makeValueInfo('y2', 'float32', [4])],
        node: ['x', 'y0', 'y1'].map((input, at) => makeNode('Relu', [input], [`y${at}`], {}, { name })),
      }),
      folder,
    );
    expectTold(file);
    expect(names(table(file).rows).map((one) => one.slice(-2))).toEqual(['#0', '#1', '#2']);
    file.close();
  });
});

describe('inspect by module', () => {
  it('shows sums of the levels that are asked for', () => {
    const file = openModel(SAMPLE);
    const { rows, lines } = table(file, 2);
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(COLUMNS);
    expect(names(rows).slice(0, 4)).toEqual(['features', 'features.0', 'features.1', 'features.2']);
    expect(names(table(file, 1).rows)).not.toContain('features.0');
    file.close();
  });
});
