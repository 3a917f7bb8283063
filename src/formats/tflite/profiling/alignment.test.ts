import { describe, expect, it } from 'vitest';
import { itemAt } from '../../../model/assert';
import { kindOf } from '../operators/kinds';
import { type AlignedNode, align } from './alignment';

const node = (op: string, more: Partial<AlignedNode> = {}): AlignedNode => ({
  op,
  kind: kindOf(op),
  activation: false,
  square: false,
  absorbed: false,
  ...more,
});

const CONV = 'Convolution (NHWC, F32) IGEMM';
const DENSE = 'Fully Connected (NC, F32) GEMM';
const FLAT = 'Static Reshape (NC)';
const PAD = 'Constant Pad (ND, X32)';

const owners = (nodes: readonly AlignedNode[], rows: readonly string[]) =>
  align(nodes, rows).map((alignment) => alignment?.node ?? null);

/** The rows that operators gave when each was run alone by LiteRT 2.3.0. */
const ALONE: Readonly<Record<string, readonly string[]>> = {
  ABS: ['Abs (NC)'],
  ADD: ['Add (ND)'],
  AVERAGE_POOL_2D: ['Average Pooling (NHWC, F32) Average Pooling'],
  BATCH_MATMUL: ['Batch Matrix Multiply (NC, F32) GEMM'],
  CONV_2D: [CONV],
  COS: ['Cosine (NC)'],
  DEPTHWISE_CONV_2D: ['Convolution (NHWC, F32) DWConv'],
  DIV: ['Divide (ND)'],
  FULLY_CONNECTED: [FLAT, DENSE],
  LOG: ['Log (NC)'],
  LOGISTIC: ['Sigmoid (NC)'],
  MEAN: ['Mean (ND) Reduce2'],
  NEG: ['Negate (NC)'],
  PAD: [PAD],
  REDUCE_MAX: ['Reduce Max (ND) Reduce'],
  RESHAPE: [FLAT],
  RSQRT: ['Reciprocal Square Root (NC)'],
  SIN: ['Sine (NC)'],
  SLICE: ['Slice (ND, X32)'],
  SOFTMAX: ['Softmax (NC, F32)'],
  SPLIT: ['Copy (NC, X32)'],
  SQRT: ['Square Root (NC)'],
  SUB: ['Subtract (ND)'],
  SUM: ['Sum (ND) Reduce2'],
  TANH: ['TanH (NC)'],
  TRANSPOSE: ['Transpose (ND, X32) Transpose'],
};

/** Numbers below 1 that are the same in each run. */
function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

describe('align', () => {
  it('gives rows of chains of different operators to those that they came from', () => {
    const random = sequence(7);
    for (let chain = 0; chain < 300; chain++) {
      const ops = Object.keys(ALONE)
        .map((op) => ({ op, at: random() }))
        .sort((a, b) => a.at - b.at)
        .slice(0, 2 + Math.floor(random() * 24))
        .map(({ op }) => op);
      const nodes = ops.map((op) => node(op, op === 'PAD' ? { absorbed: random() < 0.5 } : {}));
      const rows: string[] = [];
      const expected: number[] = [];
      for (const [at, { op, absorbed }] of nodes.entries()) {
        for (const row of absorbed ? [] : itemAt([ALONE[op] ?? []], 0)) {
          rows.push(row);
          expected.push(at);
        }
      }
      expect(owners(nodes, rows), `chain ${chain}: ${ops}`).toEqual(expected);
    }
  });

  it('gives what prepares and finishes an operator to it', () => {
    const nodes = [node('ADD', { activation: true }), node('FULLY_CONNECTED'), node('FULLY_CONNECTED')];
    const rows = ['Add (ND)', 'Clamp (NC)', FLAT, DENSE, 'Convert (NC, F32, QD8)', DENSE];
    expect(align(nodes, rows)).toEqual([
      { node: 0, role: 'own' },
      { node: 0, role: 'helper' },
      { node: 1, role: 'helper' },
      { node: 1, role: 'own' },
      { node: 2, role: 'helper' },
      { node: 2, role: 'own' },
    ]);
  });

  it('gives all parts of what is split or put together to one operator', () => {
    const copy = 'Copy (NC, X32)';
    expect(owners([node('CONCATENATION'), node('ABS')], [copy, copy, copy, 'Abs (NC)'])).toEqual([
      0, 0, 0, 1,
    ]);
  });

  it('leaves out what is known to be absorbed, not its neighbour', () => {
    const rows = [CONV, PAD, CONV];
    expect(
      owners([node('CONV_2D'), node('PAD', { absorbed: true }), node('PAD'), node('CONV_2D')], rows),
    ).toEqual([0, 2, 3]);
    expect(
      owners([node('CONV_2D'), node('PAD'), node('PAD', { absorbed: true }), node('CONV_2D')], rows),
    ).toEqual([0, 1, 3]);
  });

  it('says nothing of a row that several operators may be, and still tells the others', () => {
    const nodes = [node('CONV_2D'), node('PAD'), node('PAD'), node('CONV_2D')];
    expect(owners(nodes, [CONV, PAD, CONV])).toEqual([0, null, 3]);
  });

  it('says nothing of what is none of the operators', () => {
    expect(owners([node('ABS'), node('CONV_2D')], ['Abs (NC)', 'RoPE (NTHC, F32)', CONV])).toEqual([
      0,
      null,
      1,
    ]);
    expect(owners([node('ABS')], ['A name of tomorrow', 'Abs (NC)'])).toEqual([null, 0]);
  });

  it('takes a square for what is one alone', () => {
    const nodes = [node('MUL'), node('MUL', { square: true })];
    expect(owners(nodes, ['Square (NC)'])).toEqual([1]);
    expect(owners(nodes, ['Multiply (ND)', 'Square (NC)'])).toEqual([0, 1]);
  });

  it('does not compare more than there is memory for', () => {
    const many = Array.from({ length: 3000 }, () => node('ABS'));
    expect(
      align(
        many,
        Array.from({ length: 3000 }, () => 'Abs (NC)'),
      ).every((row) => row === null),
    ).toBe(true);
  });
});
