import { type DataType, elementCount, type Shape } from '../../../model/dataType';
import { describe } from '../../broadcast';
import { dimension, Mismatch, product, tensor, type Value } from '../../value';
import { intAttribute, intsAttribute } from '../attributes';
import { type Context, input, named, type Operator, type Operators } from './operator';
import { slidSides, spatial, spreadSides } from './window';

/** Where a convolution's operands are among the inputs. */
interface Places {
  readonly data: number;
  readonly weights: number;
  readonly result: (context: Context) => DataType | null;
}

/**
 * Data [N, C, D1 … Dn], weights [M, C/group, k1 … kn], result [N, M, …].
 * MACs: each element of the result takes one for each weight of its channel; those that fall on padding count.
 */
function convolution({ data, weights, result }: Places): Operator {
  return {
    infer(context) {
      const { shape } = input(context, data);
      const filter = input(context, weights).shape;
      const type = result(context);
      if (shape === null)
        return [tensor(type, filter && [null, ...filter.slice(0, 1), ...filter.slice(2).fill(null)])];
      if (filter !== null) {
        const channels = product([filter[1], intAttribute(context.node, 'group', 1)]);
        const given = shape[1] ?? null;
        if (filter.length !== shape.length || (channels !== null && given !== null && channels !== given)) {
          throw new Mismatch(
            `has data of shape ${describe(shape)} and weights of shape ${describe(filter)}, which do not fit`,
          );
        }
      }
      const sides = spatial(shape);
      const lengths = slidSides(context, sides, kernelOf(context, filter, sides.length));
      return [tensor(type, [shape[0] ?? null, filter?.[0] ?? null, ...lengths])];
    },
    macs(context, [output]) {
      const filter = input(context, weights).shape;
      return product([elementCount(output?.shape ?? null), elementCount(filter?.slice(1) ?? null)]);
    },
  };
}

function kernelOf(context: Context, filter: Shape | null, axes: number): Shape {
  return intsAttribute(context.node, 'kernel_shape') ?? filter?.slice(2) ?? new Array<null>(axes).fill(null);
}

/** Weights [C, M/group, k1 … kn]. MACs: one for each element of the data and each weight of its channel. */
const transposed: Operator = {
  infer(context) {
    const { type, shape } = input(context, 0);
    const filter = input(context, 1).shape;
    if (shape === null) return [tensor(type, null)];
    if (filter !== null && (filter.length !== shape.length || differ(filter[0], shape[1]))) {
      throw new Mismatch(
        `has data of shape ${describe(shape)} and weights of shape ${describe(filter)}, which do not fit`,
      );
    }
    const sides = spatial(shape);
    const axes = sides.length;
    const channels = product([filter?.[1] ?? null, intAttribute(context.node, 'group', 1)]);
    const given = intsAttribute(context.node, 'output_shape');
    if (given !== undefined) {
      return [tensor(type, [shape[0] ?? null, channels, ...given.slice(-axes)])];
    }
    const extra = intsAttribute(context.node, 'output_padding');
    const lengths = spreadSides(context, sides, kernelOf(context, filter, axes), extra);
    return [tensor(type, [shape[0] ?? null, channels, ...lengths])];
  },
  macs(context) {
    const filter = input(context, 1).shape;
    return product([elementCount(input(context, 0).shape), elementCount(filter?.slice(1) ?? null)]);
  },
};

function differ(a: number | null | undefined, b: number | null | undefined): boolean {
  return typeof a === 'number' && typeof b === 'number' && a !== b;
}

const sameType = (context: Context) => input(context, 0).type;

/** Columns of patches put back into an image: [N, C·patch, L] to [N, C, …image]. */
function columnsToImage(context: Context): readonly Value[] {
  const { type } = input(context, 0);
  const image = input(context, 1).elements;
  const block = elementCountOf(input(context, 2));
  const columns = dimension(input(context, 0), 1);
  if (image === null) return [tensor(type, null)];
  const channels = columns === null || block === null ? null : columns / block;
  return [
    tensor(type, [
      dimension(input(context, 0), 0),
      channels,
      ...image.map((length) => (Number.isNaN(length) ? null : length)),
    ]),
  ];
}

function elementCountOf(value: Value): number | null {
  const count = value.elements?.reduce((a, b) => a * b, 1) ?? Number.NaN;
  return Number.isNaN(count) ? null : count;
}

export const convolutions: Operators = {
  ...named(['Conv', 'com.microsoft.FusedConv'], convolution({ data: 0, weights: 1, result: sameType })),
  ConvInteger: convolution({ data: 0, weights: 1, result: () => 'int32' }),
  /** Inputs: data, its scale and zero point, weights, theirs, the result's. */
  QLinearConv: convolution({
    data: 0,
    weights: 3,
    result: (context) => input(context, 7).type ?? sameType(context),
  }),
  DeformConv: convolution({ data: 0, weights: 1, result: sameType }),
  ConvTranspose: transposed,
  Col2Im: { infer: columnsToImage },
};
