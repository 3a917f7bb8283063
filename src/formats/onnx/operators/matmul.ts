import { type DataType, elementCount, type Shape } from '../../../model/dataType';
import { broadcastShapes, describe } from '../../broadcast';
import { dimension, Mismatch, product, tensor } from '../../value';
import { intAttribute } from '../attributes';
import { type Context, input, named, type Operator, type Operators } from './operator';

/** Product of matrices in the last two axes, stretched over the others, by the rules of numpy.matmul. */
function matmulShape(left: Shape | null, right: Shape | null): Shape | null {
  if (left === null || right === null) return null;
  if (left.length === 0 || right.length === 0) {
    throw new Mismatch('multiplies a scalar as if it were a matrix');
  }
  const a = left.length === 1 ? [1, ...left] : left;
  const b = right.length === 1 ? [...right, 1] : right;
  const inner = [a.at(-1) ?? null, b.at(-2) ?? null];
  if (inner[0] !== null && inner[1] !== null && inner[0] !== inner[1]) {
    throw new Mismatch(`multiplies ${describe(left)} and ${describe(right)}, which do not fit`);
  }
  const batch = broadcastShapes([a.slice(0, -2), b.slice(0, -2)]) ?? [];
  const rows = left.length === 1 ? [] : [a.at(-2) ?? null];
  const columns = right.length === 1 ? [] : [b.at(-1) ?? null];
  return [...batch, ...rows, ...columns];
}

type ResultType = (context: Context) => DataType | null;

/** MACs: each element of the result takes as many as the axis that disappears is long. */
function matmul(left: number, right: number, result: ResultType): Operator {
  return {
    infer: (context) => [
      tensor(result(context), matmulShape(input(context, left).shape, input(context, right).shape)),
    ],
    macs: (context, [output]) =>
      product([elementCount(output?.shape ?? null), innerLength(context, left, right)]),
  };
}

function innerLength(context: Context, left: number, right: number): number | null {
  const other = input(context, right);
  return dimension(input(context, left), -1) ?? dimension(other, other.shape?.length === 1 ? 0 : -2);
}

/** alpha · A' · B' + beta · C with matrices A (M × K) and B (K × N), each transposed if asked. */
function gemm(left: number, right: number, result: ResultType): Operator {
  const sides = (context: Context) => {
    const a = input(context, left).shape;
    const b = input(context, right).shape;
    const turnA = intAttribute(context.node, 'transA', 0) !== 0;
    const turnB = intAttribute(context.node, 'transB', 0) !== 0;
    for (const shape of [a, b]) {
      if (shape !== null && shape.length !== 2) {
        throw new Mismatch(`multiplies a tensor of shape ${describe(shape)} as if it were a matrix`);
      }
    }
    const inner = [a?.[turnA ? 0 : 1] ?? null, b?.[turnB ? 1 : 0] ?? null];
    if (inner[0] !== null && inner[1] !== null && inner[0] !== inner[1]) {
      throw new Mismatch(`multiplies ${describe(a)} and ${describe(b)}, which do not fit`);
    }
    return {
      rows: a?.[turnA ? 1 : 0] ?? null,
      inner: inner[0] ?? inner[1] ?? null,
      columns: b?.[turnB ? 0 : 1] ?? null,
    };
  };
  return {
    infer(context) {
      const { rows, columns } = sides(context);
      return [tensor(result(context), [rows, columns])];
    },
    macs(context) {
      const { rows, inner, columns } = sides(context);
      return product([rows, inner, columns]);
    },
  };
}

/** MatMul whose sides may be transposed, over the last two axes or over the first of them. */
const fusedMatmul: Operator = {
  infer(context) {
    const a = fusedSide(context, 0, 'A');
    const b = fusedSide(context, 1, 'B');
    return [tensor(input(context, 0).type, matmulShape(a, b))];
  },
  macs(context, [output]) {
    return product([elementCount(output?.shape ?? null), fusedSide(context, 0, 'A')?.at(-1)]);
  },
};

function fusedSide(context: Context, index: number, side: 'A' | 'B'): Shape | null {
  const { shape } = input(context, index);
  if (shape === null || shape.length < 2) return shape;
  let axes = shape.map((_, axis) => axis);
  if (intAttribute(context.node, `transBatch${side}`, 0) !== 0) {
    // The first batch axis stands behind the others: [B, …, M, K] is read as [M, B, …, K].
    axes = [...axes.slice(1, -1), 0, ...axes.slice(-1)];
  }
  if (intAttribute(context.node, `trans${side}`, 0) !== 0) {
    axes = [...axes.slice(0, -2), ...axes.slice(-1), ...axes.slice(-2, -1)];
  }
  return axes.map((axis) => shape[axis] ?? null);
}

/** Weights of N rows with K columns, a few bits each; the data's last axis is K. */
const matmulBits: Operator = {
  infer(context) {
    const { type, shape } = input(context, 0);
    return [tensor(type, shape && [...shape.slice(0, -1), intAttribute(context.node, 'N') ?? null])];
  },
  macs: (context, [output]) =>
    product([elementCount(output?.shape ?? null), intAttribute(context.node, 'K') ?? null]),
};

const sameType: ResultType = (context) => input(context, 0).type;

export const matmuls: Operators = {
  MatMul: matmul(0, 1, sameType),
  MatMulInteger: matmul(0, 1, () => 'int32'),
  /** Inputs: A, its scale and zero point, B, its own, the result's. */
  QLinearMatMul: matmul(0, 3, (context) => input(context, 7).type ?? sameType(context)),
  Gemm: gemm(0, 1, sameType),
  'com.microsoft.FusedGemm': gemm(0, 1, sameType),
  /** Without a scale for the result it is float32. */
  'com.microsoft.QGemm': gemm(0, 3, (context) =>
    context.inputs[7] ? (input(context, 8).type ?? sameType(context)) : 'float32',
  ),
  'com.microsoft.DynamicQuantizeMatMul': matmul(0, 1, sameType),
  'com.microsoft.MatMulIntegerToFloat': matmul(0, 1, (context) => input(context, 2).type),
  ...named(['com.microsoft.FusedMatMul', 'com.microsoft.TransposeMatMul'], fusedMatmul),
  ...named(['com.microsoft.MatMulNBits', 'com.microsoft.MatMulBnb4', 'com.microsoft.MatMulFpQ4'], matmulBits),
  Det: {
    infer: (context) => [tensor(input(context, 0).type, input(context, 0).shape?.slice(0, -2) ?? null)],
  },
};
