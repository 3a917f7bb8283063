import { describe, expect, it } from 'vitest';
import { SAMPLE } from '../../test/unit/support';
import { ReadingModel } from './readingModel';

const choice = { dims: {}, shapes: {} };

/** Position of the first place of a text, `into` characters further on. */
function place(source: string, text: string, into = 0): { line: number; character: number } {
  const before = source.slice(0, source.indexOf(text) + into).split('\n');
  return { line: before.length - 1, character: before.at(-1)?.length ?? 0 };
}

describe('questions about the text of a model', () => {
  const model = new ReadingModel(SAMPLE);
  const text = model.text({ choice });

  it('a node costs what its row does', () => {
    const hover = model.textHover({ choice, at: place(text, '= Conv', 3) });
    expect(hover).toMatchObject({ kind: 'node', op: 'Conv' });
    if (hover?.kind !== 'node') throw new Error('no node');
    const [row] = model.rows({ choice, from: hover.layer?.index ?? -1, to: (hover.layer?.index ?? -1) + 1 });
    expect(hover.layer).toEqual(row);
    expect(hover.layer?.parameters).toBe(448);
    // Two constants lie between the layer and what cuts off its output.
    expect(hover.consumers).toEqual([
      { name: '/features/features.0/features.0.2/Clip', id: String((row?.index ?? 0) + 3) },
    ]);
  });

  it('every row has a place, whose hover is about that row', () => {
    const { rows } = model.open({ choice });
    for (let row = 0; row < rows; row += 7) {
      const range = model.textOfRow({ choice, row });
      expect(range).not.toBeNull();
      if (range === null) continue;
      const equals = text.split('\n')[range.start.line]?.indexOf('= ') ?? 0;
      const hover = model.textHover({ choice, at: { line: range.start.line, character: equals + 2 } });
      expect(hover?.kind === 'node' && hover.layer?.index).toBe(row);
    }
  });

  it('a weight has the statistics of its elements', () => {
    const hover = model.textHover({ choice, at: place(text, '"onnx::Conv_537"', 3) });
    if (hover?.kind !== 'tensor') throw new Error('no tensor');
    expect(hover).toMatchObject({ stored: true, bytes: 16 * 3 * 3 * 3 * 4, consumerCount: 1 });
    const row = Number(hover.consumers[0]?.id);
    expect(hover.statistics).toEqual(model.statistics({ choice, row, tensor: 'onnx::Conv_537' }));
  });

  it('names lead to their definition', () => {
    const at = place(text, '= Clip', -3);
    const names = model.textNames({ at });
    expect(names?.definition?.start.line).toBe(at.line);
    expect(names?.mentions.length).toBeGreaterThan(1);
  });
});

describe('questions about a file with a text', () => {
  it('follow what it holds now', () => {
    const model = new ReadingModel('/nowhere/model.onnxtxt');
    const first =
      'g (float[2,3] x) => (float[2,4] y)\n<\n  float[3,4] w = {...}\n>\n{\n  y = MatMul (x, w)\n}\n';
    expect(model.setText({ text: first })).toEqual([]);
    const hover = model.textHover({ choice, at: place(first, 'MatMul') });
    expect(hover).toMatchObject({ kind: 'node', layer: { macs: 24, parameters: 12 } });
    expect(model.textHover({ choice, at: place(first, 'w)') })).toMatchObject({
      statistics: null,
      bytes: 48,
    });
    const second = first.replace('[2,3] x', '[8,3] x').replace('(x, w)', '(x, w');
    const problems = model.setText({ text: second });
    expect(problems[0]?.range.start.line).toBe(6);
    const third = first.replace('[2,3] x', '[8,3] x');
    expect(model.setText({ text: third })).toEqual([]);
    expect(model.textHover({ choice, at: place(third, 'MatMul') })).toMatchObject({ layer: { macs: 96 } });
  });
});
