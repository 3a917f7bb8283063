import { type MadeGraph, makeTflite } from './tflite';

const INT32 = 2;
const BOOL = 6;
const SIZE = [64, 64];

function branch(name: string, op: string): MadeGraph {
  return {
    name,
    tensors: { p: { shape: SIZE }, q: { shape: SIZE } },
    inputs: ['p'],
    outputs: ['q'],
    operators: [{ op, inputs: ['p'], outputs: ['q'] }],
  };
}

/** A loop of five turns, then a branch: counting from `i` = 0 on, `then` is taken. */
export function controlFlow() {
  const number = { shape: [1], type: INT32 };
  const constant = (value: number) => ({ ...number, data: Int32Array.of(value) });
  return makeTflite(
    {
      tensors: {
        i: number,
        x: { shape: SIZE },
        j: number,
        y: { shape: SIZE },
        z: { shape: SIZE },
        c: { shape: [1], type: BOOL },
        l: constant(3),
        w: { shape: SIZE },
      },
      inputs: ['i', 'x'],
      outputs: ['w', 'j'],
      operators: [
        { op: 'TANH', inputs: ['x'], outputs: ['z'] },
        {
          op: 'WHILE',
          inputs: ['i', 'z'],
          outputs: ['j', 'y'],
          options: { table: 'WhileOptions', condSubgraphIndex: 1, bodySubgraphIndex: 2 },
        },
        { op: 'LESS', inputs: ['i', 'l'], outputs: ['c'] },
        {
          op: 'IF',
          inputs: ['c', 'y'],
          outputs: ['w'],
          options: { table: 'IfOptions', thenSubgraphIndex: 3, elseSubgraphIndex: 4 },
        },
      ],
    },
    {
      name: 'cond',
      tensors: { ci: number, cx: { shape: SIZE }, n: constant(5), b: { shape: [1], type: BOOL } },
      inputs: ['ci', 'cx'],
      outputs: ['b'],
      operators: [{ op: 'LESS', inputs: ['ci', 'n'], outputs: ['b'] }],
    },
    {
      name: 'body',
      tensors: {
        bi: number,
        bx: { shape: SIZE },
        one: constant(1),
        bj: number,
        t: { shape: SIZE },
        s: { shape: SIZE },
        by: { shape: SIZE },
      },
      inputs: ['bi', 'bx'],
      outputs: ['bj', 'by'],
      operators: [
        { op: 'LOGISTIC', inputs: ['bx'], outputs: ['t'] },
        { op: 'ADD', inputs: ['bi', 'one'], outputs: ['bj'], options: { table: 'AddOptions' } },
        { op: 'FLOOR_MOD', inputs: ['t', 'bx'], outputs: ['s'] },
        { op: 'TANH', inputs: ['s'], outputs: ['by'] },
      ],
    },
    branch('then', 'EXP'),
    branch('else', 'ABS'),
  );
}
