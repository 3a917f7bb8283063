import { describe, expect, it } from 'vitest';
import type { Node } from '../../../model/model';
import { attribute } from './attribution';
import { type InstrumentedLayer, nodeName, tensorName } from './instrument';

/** Layers of a main graph: operator and the layers that it reads. */
function layers(
  ...list: [op: string, reads: number[], more?: Partial<InstrumentedLayer>][]
): InstrumentedLayer[] {
  return list.map(([op, reads, more], index) => ({
    index,
    id: String(index),
    name: `${op} ${index}`,
    op,
    parent: null,
    graph: 0,
    inputs: reads.map((layer) => tensorName(layer, 0)),
    bodyOutputs: [],
    constant: false,
    macs: 0,
    ...more,
  }));
}

const node = (name: string, op: string, inputs: string[], outputs: string[]): Node => ({
  id: '0',
  name,
  op,
  kind: null,
  inputs,
  outputs,
  attributes: [],
  bodies: [],
});

const rowsOf = (nodes: Node[]) => nodes.map(({ name, op }) => ({ name, op }));

describe('attribute', () => {
  it('leaves rows with their layers where nothing was changed', () => {
    const model = layers(['Conv', []], ['Relu', [0]]);
    const rows = [
      { name: nodeName(0), op: 'Conv' },
      { name: nodeName(1), op: 'Relu' },
    ];
    expect(attribute(model, rows, [])).toEqual({ owners: [0, 1], fates: new Map() });
  });

  it('gives a fused row with a name of the engine’s own to its heaviest layer', () => {
    const model = layers(
      ['MatMul', [], { macs: 100 }],
      ['Add', [0]],
      ['Erf', [1]],
      ['Mul', [1, 2]],
      ['Conv', [3]],
    );
    const nodes = [
      node('BiasGelu', 'com.microsoft.BiasGelu', ['x'], [tensorName(3, 0)]),
      node(nodeName(4), 'Conv', [tensorName(3, 0)], ['y']),
    ];
    const { owners, fates } = attribute(model, rowsOf(nodes), nodes);
    expect(owners).toEqual([0, 4]);
    expect([...fates.values()]).toEqual([0, 0, 0]);
  });

  it('finds the layer behind a change of layout, which is a row that the engine added', () => {
    const model = layers(['Conv', [], { macs: 100 }], ['Relu', [0]], ['Sigmoid', [1]]);
    const nodes = [
      node(`${tensorName(1, 0)}_nchwc`, 'com.microsoft.nchwc.Conv', ['x'], ['reorder']),
      node('ReorderOutput', 'com.microsoft.nchwc.ReorderOutput', ['reorder'], [tensorName(1, 0)]),
      node(nodeName(2), 'Sigmoid', [tensorName(1, 0)], ['y']),
    ];
    const { owners, fates } = attribute(
      model,
      [
        { name: nodes[0]?.name ?? '', op: 'Conv' },
        { name: 'ReorderOutput', op: 'ReorderOutput' },
        { name: nodeName(2), op: 'Sigmoid' },
      ],
      nodes,
    );
    expect(owners).toEqual([0, null, 2]);
    expect(fates).toEqual(new Map([[1, 0]]));
  });

  it('gives Q to the row before it and DQ to the row after it', () => {
    const model = layers(
      ['Conv', []],
      ['Relu', [0]],
      ['QuantizeLinear', [1]],
      ['DequantizeLinear', [2]],
      ['Conv', [3]],
    );
    const rows = [
      { name: `${nodeName(0)}_token_1`, op: 'QLinearConv' },
      { name: `${nodeName(4)}_token_2`, op: 'QLinearConv' },
    ];
    const { owners, fates } = attribute(model, rows, []);
    expect(owners).toEqual([0, 4]);
    expect(fates).toEqual(
      new Map([
        [1, 0],
        [2, 0],
        [3, 4],
      ]),
    );
  });

  it('says what became of layers that no row holds', () => {
    const model = layers(
      ['Constant', [], { constant: true }],
      ['Identity', [4]],
      ['If', []],
      ['Abs', [], { parent: 2, graph: 1 }],
      ['Conv', []],
      ['Shape', []],
    );
    const { fates } = attribute(
      model,
      [
        { name: nodeName(2), op: 'If' },
        { name: nodeName(4), op: 'Conv' },
      ],
      [],
    );
    expect(fates).toEqual(
      new Map<number, number | string>([
        [0, 'a constant'],
        [1, 'nothing: it gives on what it gets'],
        [3, 'nothing: it did not run'],
        [5, 'nothing: its result is not used'],
      ]),
    );
  });

  it('takes no number for a layer that is not there', () => {
    expect(attribute(layers(['Conv', []]), [{ name: '@7@', op: 'Conv' }], []).owners).toEqual([null]);
  });
});
