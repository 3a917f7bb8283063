import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { compareFiles } from '../analysis/difference/fileDifferences';
import { comparisonToMarkdown } from './comparisonMarkdown';
import type { LayerComparison } from './reports';

const sample = resolve('models/shapes_mobilenetv2.onnx');
const names = { beforeName: 'a.onnx', afterName: 'b.onnx' };

function same() {
  return compareFiles({ before: sample, after: sample, choice: { dims: {}, shapes: {} } });
}

function layer(name: string, more: Partial<LayerComparison> = {}): LayerComparison {
  return {
    name,
    op: 'Conv',
    status: 'changed',
    before: null,
    after: null,
    changes: [],
    weights: [],
    sqnrDb: null,
    ...more,
  };
}

/** Cells of each table row, split as GitHub's dialect does: at bars that are not escaped. */
function rows(markdown: string): string[][] {
  return markdown
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.slice(1, -1).split(/(?<!\\)\|/));
}

describe('a comparison as Markdown', () => {
  it('says in a line that two models are the same', () => {
    const text = comparisonToMarkdown(same(), names);
    expect(text).toMatch(/^\*\*The two models are the same\.\*\*/);
    expect(text).toContain('| File size | 1.64 MB | 1.64 MB | the same |');
    expect(text).not.toContain('| layer |');
  });

  it('keeps its tables whole, whatever a layer is called', () => {
    const report = same();
    const names_ = [
      'a|b',
      'tick`s',
      '<img src=x onerror=1>',
      '@somebody',
      'line\nbreak',
      '[x](http://a.example)',
      '\u202Eevil',
    ];
    report.layers = names_.map((name) =>
      layer(name, { changes: [{ what: name, before: name, after: null }] }),
    );
    const text = comparisonToMarkdown(report, { beforeName: 'a|b.onnx', afterName: 'b`.onnx' });
    const table = rows(text).slice(-names_.length);
    for (const cells of table) expect(cells, cells.join()).toHaveLength(4);
    expect(new Set(rows(text).map((cells) => cells.length))).toEqual(new Set([4]));
    // Everything that a file says is code, where nothing in it means anything.
    for (const part of text.split(/`[^`\n]*`/)) expect(part).not.toMatch(/<img|@somebody|\]\(http|\u202E/);
  });

  it('is short enough for a comment, however much differs', () => {
    const report = same();
    const long = 'very/long/name/'.repeat(200);
    const change = { what: `weight ${long}`, before: long, after: long };
    report.layers = Array.from({ length: 5000 }, () =>
      layer(long, { changes: [change, change, change, change, change] }),
    );
    const text = comparisonToMarkdown(report, names);
    expect(text.length).toBeLessThan(65_536);
    expect(text).toMatch(/and 4950 more layers/);
  });
});
