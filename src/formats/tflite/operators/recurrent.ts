import type { Shape } from '../../../model/dataType';
import { dimension, product, sum, type Value } from '../../value';
import { numberOption } from '../options';
import { type Context, countOf, input, type Operator, type Operators, shaped } from './operator';

/** Number of BASIC in the enumeration LSTMKernelType. */
const BASIC = 1;

/** Weights that each step multiplies its input, or the output of the step before, with. Absent ones do nothing. */
function weightsOf(context: Context, places: readonly number[]): number | null {
  return sum(places.map((place) => (context.inputs[place] ? countOf(context.inputs[place]) : 0)));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Data [batch, time, features] or [time, batch, features]; without the features. */
function steps(data: Value): Shape | null {
  return data.shape?.slice(0, -1) ?? null;
}

/** As wide as the projection, else as the recurrent weights' rows are long. */
function lstm(
  recurrent: readonly number[],
  input_: readonly number[],
  projection: number,
  output: number,
): Operator {
  return {
    infer: (context) => {
      const width = context.inputs[projection]
        ? dimension(context.inputs[projection], 0)
        : dimension(context.inputs[output], 1);
      const before = steps(input(context, 0));
      return [shaped(before && [...before, width])];
    },
    macs: (context) => {
      // Diagonal recurrent weights are vectors: one multiplication an element, like a peephole.
      const diagonal = numberOption(context.operator, 'diagonalRecurrentTensors') === 1;
      const places = [...input_, ...(diagonal ? [] : recurrent), projection];
      return product([...(steps(input(context, 0)) ?? [null]), weightsOf(context, places)]);
    },
    works: 'none',
  };
}

const full = lstm(range(5, 8), range(1, 4), 16, 6);

/** Inputs of the basic kernel: data, output before, weights [4 · units, features + units], bias, state. */
const singleStep: Operator = {
  infer: (context) => {
    if (numberOption(context.operator, 'kernelType') !== BASIC) return full.infer?.(context) ?? [];
    const state = shaped(input(context, 1).shape);
    return [state, state];
  },
  macs: (context, outputs) => {
    if (numberOption(context.operator, 'kernelType') !== BASIC) return full.macs?.(context, outputs) ?? null;
    return product([dimension(context.inputs[0], 0), countOf(context.inputs[2])]);
  },
  works: 'none',
};

/** Both directions: forwards as in one direction, backwards 17 inputs later, then weights of a second data input. */
const bidirectionalLstm: Operator = {
  infer: (context) => {
    const before = steps(input(context, 0));
    const forwards = dimension(context.inputs[16] ?? context.inputs[6], context.inputs[16] ? 0 : 1);
    const backwards = dimension(context.inputs[33] ?? context.inputs[23], context.inputs[33] ? 0 : 1);
    return directions(context, before, forwards, backwards);
  },
  macs: (context) => {
    const places = [...range(1, 8), 16, ...range(18, 25), 33, ...range(40, 47)];
    return product([...(steps(input(context, 0)) ?? [null]), weightsOf(context, places)]);
  },
  works: 'none',
};

function directions(
  { operator }: Context,
  before: Shape | null,
  forwards: number | null,
  backwards: number | null,
): Value[] {
  if (before === null) return [];
  if (numberOption(operator, 'mergeOutputs') === 1) {
    return [shaped([...before, sum([forwards, backwards])])];
  }
  return [shaped([...before, forwards]), shaped([...before, backwards])];
}

/** Data, weights [units, features], recurrent weights [units, units]. */
const rnn: Operator = {
  infer: (context) => {
    const before = steps(input(context, 0));
    return [shaped(before && [...before, dimension(context.inputs[1], 0)])];
  },
  macs: (context) => product([...(steps(input(context, 0)) ?? [null]), weightsOf(context, [1, 2])]),
  works: 'none',
};

const bidirectionalRnn: Operator = {
  infer: (context) =>
    directions(
      context,
      steps(input(context, 0)),
      dimension(context.inputs[1], 0),
      dimension(context.inputs[5], 0),
    ),
  macs: (context) =>
    product([...(steps(input(context, 0)) ?? [null]), weightsOf(context, [1, 2, 5, 6, 10, 11])]),
  works: 'none',
};

/** Weights of features [filters, length] and of time [filters, memory]; `rank` filters make a unit. */
const svdf: Operator = {
  infer: (context) => {
    const filters = dimension(context.inputs[1], 0);
    const rank = numberOption(context.operator, 'rank');
    const units = filters === null || rank < 1 ? null : Math.floor(filters / rank);
    return [shaped([dimension(context.inputs[0], 0), units])];
  },
  macs: (context) => product([dimension(context.inputs[0], 0), weightsOf(context, [1, 2])]),
  works: 'none',
};

export const recurrent: Operators = {
  BIDIRECTIONAL_SEQUENCE_LSTM: bidirectionalLstm,
  BIDIRECTIONAL_SEQUENCE_RNN: bidirectionalRnn,
  LSTM: singleStep,
  RNN: rnn,
  SVDF: svdf,
  UNIDIRECTIONAL_SEQUENCE_LSTM: full,
  UNIDIRECTIONAL_SEQUENCE_RNN: rnn,
};
