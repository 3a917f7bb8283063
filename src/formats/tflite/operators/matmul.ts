import { broadcastShapes } from '../../broadcast';
import { dimension, Mismatch, product } from '../../value';
import { numberOption, numbersOption } from '../options';
import { countOf, input, type Operator, type Operators, shaped } from './operator';

/** Weights [units, length]; the data's elements are taken in rows of that length. */
const fullyConnected: Operator = {
  infer: (context) => {
    const [data, weights] = [input(context, 0), input(context, 1)];
    const units = dimension(weights, 0);
    if (numberOption(context.operator, 'keepNumDims') === 1) {
      return [shaped(data.shape && [...data.shape.slice(0, -1), units])];
    }
    const length = dimension(weights, 1);
    const count = countOf(data);
    if (count === null || length === null || length === 0) return [shaped([null, units])];
    if (count % length !== 0) {
      throw new Mismatch(`has ${count} elements of data and weights for rows of ${length}, which do not fit`);
    }
    return [shaped([count / length, units])];
  },
  macs: (context, [output]) => product([countOf(output), dimension(context.inputs[1], 1)]),
  works: 'none',
};

const batchMatmul: Operator = {
  infer: (context) => {
    const [a, b] = [input(context, 0).shape, input(context, 1).shape];
    if (a === null || b === null || a.length < 2 || b.length < 2) return [shaped(null)];
    const rows = a.at(numberOption(context.operator, 'adjX') === 1 ? -1 : -2) ?? null;
    const columns = b.at(numberOption(context.operator, 'adjY') === 1 ? -2 : -1) ?? null;
    const batch = broadcastShapes([a.slice(0, -2), b.slice(0, -2)]);
    return [shaped(batch && [...batch, rows, columns])];
  },
  macs: (context, [output]) => {
    const length = input(context, 0).shape?.at(numberOption(context.operator, 'adjX') === 1 ? -2 : -1);
    return product([countOf(output), length]);
  },
  works: 'none',
};

const dotGeneral: Operator = {
  macs: (context, [output]) => {
    const axes = numbersOption(context.operator, 'lhsContractingDimensions') ?? [];
    return product([countOf(output), ...axes.map((axis) => dimension(context.inputs[0], axis))]);
  },
  works: 'none',
};

export const matmul: Operators = {
  BATCH_MATMUL: batchMatmul,
  FULLY_CONNECTED: fullyConnected,
  STABLEHLO_DOT_GENERAL: dotGeneral,
};
