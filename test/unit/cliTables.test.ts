import { describe, expect, it } from 'vitest';
import { inspect } from '../../src/analysis/inspect';
import { describe as describeModel } from '../../src/cli/inspect';
import { profileTable } from '../../src/cli/profileTable';
import { sorted } from '../../src/cli/sorting';
import { openModel } from '../../src/formats';
import type { ModelFile } from '../../src/formats/format';
import { formatCount } from '../../src/protocol/numbers';
import type { LayerLatency, LayerReport, ProfileReport } from '../../src/protocol/reports';
import { SAMPLE, SAMPLE_TFLITE } from './places';
import { reopen, scratchFolder } from './support';
import { makeTransformer } from './transformer';

const COLUMNS = 80;
const folder = scratchFolder();

/** Rows of a table, without its heading. */
function rowsOf(text: string): string[] {
  const lines = text.split('\n');
  const from = lines.findIndex((line) => line.startsWith('─')) + 1;
  const end = lines.findIndex((line, at) => at >= from && (line === '' || /^(total|…)/.test(line)));
  return lines.slice(from, end < 0 ? undefined : end);
}

const nameOf = (row: string) => row.split(/ {2,}/)[0] ?? '';

describe('inspect', () => {
  const table = (file: ModelFile, sort: { sort?: string; top?: number }, depth: number | null = null) => {
    const report = inspect(file, { dims: {}, shapes: {} });
    const shown = { width: COLUMNS, depth, sort, findings: [] };
    return { report, text: [...describeModel(report, file.format.name, shown)].join('') };
  };

  it('shows the rows with most of a column, and says how many there are more', () => {
    const file = openModel(SAMPLE);
    const { report, text } = table(file, { sort: 'params', top: 3 });
    const largest = report.layers.map(({ parameters }) => parameters ?? 0).sort((a, b) => b - a);
    expect(rowsOf(text)).toHaveLength(3);
    for (const [place, row] of rowsOf(text).entries())
      expect(row.split(/ {2,}/)).toContain(formatCount(largest[place] ?? null));
    expect(text).toMatch(/^… and \d+ more: --top \d+ shows all$/m);
    file.close();
  });

  it('names the layer of the peak shortly in a terminal, and whole elsewhere', () => {
    const file = openModel(SAMPLE);
    const report = inspect(file, { dims: {}, shapes: {} });
    const peakLine = (width: number | null) =>
      [...describeModel(report, 'ONNX', { width, depth: null, findings: [] })]
        .join('')
        .match(/^peak memory.*$/m)?.[0];
    expect(peakLine(COLUMNS)).toMatch(/ at features\.2\/…\/conv\.2\/Clip$/);
    expect(peakLine(null)).toMatch(/ at \/features\/features\.2\/conv\/conv\.2\/Clip$/);
    file.close();
  });

  it('takes MACs where only a number of rows is given', () => {
    const file = openModel(SAMPLE_TFLITE);
    expect(table(file, { top: 5 }).text).toBe(table(file, { top: 5, sort: 'macs' }).text);
    file.close();
  });

  it('orders modules, of each level by itself', () => {
    const file = openModel(SAMPLE);
    const rows = rowsOf(table(file, { sort: 'params', top: 2 }, 1).text);
    const plain = rowsOf(table(file, {}, 1).text);
    expect(rows[0]).toMatch(/^features/);
    expect(plain.length).toBeGreaterThan(0);
    expect(table(file, { top: 1 }, 2).text).toMatch(/^ {2}… and \d+ more$/m);
    file.close();
  });
});

it('puts what is not known last, and keeps equal rows as they were', () => {
  const rows = [null, 1, 3, null, 2].map((value, place) => ({ value, place }));
  expect(sorted(rows, ({ value }) => value).map(({ place }) => place)).toEqual([2, 4, 1, 0, 3]);
  expect(sorted(rows, () => 1)).toEqual(rows);
});

describe('profile at 80 columns', () => {
  /** As a profile of these layers is, the later ones the slower. */
  function profileOf(layers: readonly LayerReport[]): ProfileReport {
    const row = ({ id, name, op }: LayerReport, place: number): LayerLatency => ({
      id,
      name,
      op,
      ...(place % 5 === 4
        ? { medianMs: null, share: null, fusedInto: layers[place - 1]?.name ?? '' }
        : { medianMs: 0.01 * (place + 1), share: 1 / layers.length }),
    });
    return { layers: layers.map(row), added: [] } as Partial<ProfileReport> as ProfileReport;
  }

  it.each([
    ['the sample', () => openModel(SAMPLE)],
    ['the sample .tflite', () => openModel(SAMPLE_TFLITE)],
    ['10,000 layers', () => reopen(makeTransformer(10_000), folder)],
  ])('tells every layer apart: %s', (_, open) => {
    const file = open();
    const { layers } = inspect(file, { dims: {}, shapes: {} });
    const rows = rowsOf(profileTable(profileOf(layers), COLUMNS));
    expect(rows).toHaveLength(layers.length);
    expect(Math.max(...rows.map((line) => [...line].length))).toBeLessThanOrEqual(COLUMNS);
    expect(new Set(rows.map(nameOf)).size).toBe(rows.length);
    file.close();
  });

  it('shows the slowest first', () => {
    const file = openModel(SAMPLE);
    const { layers } = inspect(file, { dims: {}, shapes: {} });
    const report = profileOf(layers);
    const slowest = report.layers.toSorted((a, b) => (b.medianMs ?? 0) - (a.medianMs ?? 0))[0];
    const [first, ...others] = rowsOf(profileTable(report, COLUMNS, { top: 3 }));
    expect(others).toHaveLength(2);
    expect(slowest?.name.endsWith(nameOf(first ?? '').replace(/^.*…/, ''))).toBe(true);
    file.close();
  });
});
