import type { Engine, Feeds, RuntimeTensor } from '../../../src/runtime/engine';
import { read, type TinyNode } from './tinyFormat';

/** [features][columns] */
type Matrix = number[][];

/** Computes models of the tiny format in double precision. */
export const tinyEngine: Engine = {
  name: 'Tiny engine 1',
  async load(path) {
    const { input, output, nodes, extra = [] } = read(path);
    return {
      inputs: [{ name: input.name, type: 'float32', shape: [input.features, null] }],
      outputs: [{ name: output, type: 'float32', shape: [null, null] }],
      async run(feeds, fetches) {
        const values = new Map<string, Matrix>(
          Object.entries(feeds).map(([name, fed]) => [name, matrixOf(fed)]),
        );
        const value = (name: string) => values.get(name) ?? [];
        for (const node of nodes) {
          const x = value(node.input);
          const y = compute(node, x, value(node.match?.mean ?? ''));
          values.set(node.output, y);
          if (node.match)
            values.set(
              node.match.shift,
              y.map((row, c) => [(row[0] ?? 0) - (x[c]?.[0] ?? 0)]),
            );
        }
        for (const { name, of, what } of extra) {
          const all = value(of);
          values.set(name, what === 'means' ? all.map((row) => [mean(row)]) : [[Math[what](...all.flat())]]);
        }
        return Object.fromEntries(
          (fetches ?? [output]).map((name) => [name, tensorOf(value(name))]),
        ) as Feeds;
      },
      async close() {},
    };
  },
};

function compute(node: TinyNode, x: Matrix, wanted: Matrix): Matrix {
  switch (node.op) {
    case 'relu':
      return x.map((row) => row.map((v) => Math.max(0, v)));
    case 'squash':
      return x.map((row) => row.map(Math.tanh));
    case 'reverse':
      return [...x].reverse();
    case 'match':
      return x.map((row, c) => row.map((v) => v + (wanted[c]?.[0] ?? 0) - mean(row)));
    case 'round': {
      const { scale, zeroPoint } = node.affine ?? { scale: 1, zeroPoint: 0 };
      const stored = (v: number) => Math.min(255, Math.max(0, Math.round(v / scale) + zeroPoint));
      return x.map((row) => row.map((v) => (stored(v) - zeroPoint) * scale));
    }
    case 'dense':
      return (node.bias ?? []).map((bias, o) =>
        (x[0] ?? []).map((_, column) => {
          const sum = x.reduce((all, row, i) => all + (row[column] ?? 0) * (node.weights?.[i]?.[o] ?? 0), 0);
          return sum * (node.scales?.[o] ?? 1) + bias;
        }),
      );
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function matrixOf({ data, shape }: RuntimeTensor): Matrix {
  const [rows = 0, columns = 1] = shape;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: columns }, (_, column) => Number(data[row * columns + column])),
  );
}

function tensorOf(matrix: Matrix): RuntimeTensor {
  const shape = [matrix.length, matrix[0]?.length ?? 0];
  return { type: 'float32', shape, data: Float32Array.from(matrix.flat()) };
}
