import { describe, expect, it } from 'vitest';
import { printable } from '../protocol/printable';
import { renderTable, shorten } from './table';

const columns = [
  { title: 'layer', flexible: true },
  { title: 'op', flexible: true },
  { title: 'bytes', align: 'right' as const },
];

describe('renderTable', () => {
  it('aligns columns under a heading', () => {
    const table = renderTable(
      columns,
      [
        ['a', 'Conv', '1'],
        ['long name', 'Relu', '12345678'],
      ],
      null,
    );
    expect(table.split('\n')).toEqual([
      'layer      op       bytes',
      '─────────  ────  ────────',
      'a          Conv         1',
      'long name  Relu  12345678',
      '',
    ]);
  });

  it('fits a terminal by shortening the longest texts, and leaves numbers whole', () => {
    const rows = [
      ['/features/features.1/conv/conv.0/conv.0.0/Conv', 'com.microsoft.FusedConv', '123,456,789'],
    ];
    for (const width of [200, 80, 60, 45]) {
      const lines = renderTable(columns, rows, width).trimEnd().split('\n');
      expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(width);
      expect(lines[2]).toMatch(/123,456,789$/);
    }
  });

  it('leaves one long name whole, and does not fill up all other lines', () => {
    const long = 'n'.repeat(100_000);
    const rows = [[long, 'Conv', '1'], ...Array.from({ length: 1000 }, () => ['a', 'Relu', '2'])];
    const table = renderTable(columns, rows, null);
    expect(table).toContain(long);
    expect(table.length).toBeLessThan(500_000);
  });

  it('does not let names control the terminal', () => {
    const table = renderTable([{ title: 'layer' }], [['\x1b[2Jgone\r\nnext \u202e']], null);
    expect(table.split('\n')[2]).toBe('�[2Jgone��next �');
    expect(printable('tab\there')).toBe('tab�here');
  });
});

describe('shorten', () => {
  it('keeps beginning and end', () => {
    expect(shorten('/model/layers.11/attention/MatMul', 16)).toBe('/mode…ion/MatMul');
    expect(shorten('short', 16)).toBe('short');
    expect(shorten('ab', 1)).toBe('a');
  });
});
