import type { Shape } from '../../../model/dataType';
import { describe } from '../../broadcast';
import {
  axisIn,
  dimension,
  knownElements,
  Mismatch,
  product,
  shapeFrom,
  tensor,
  unknownShape,
  type Value,
} from '../../value';
import { floatAttribute, floatsAttribute, intAttribute, intsAttribute, stringAttribute } from '../attributes';
import { type Context, input, type Operators, optionalInput } from './operator';

/** Lengths are computed in single precision, as engines do. */
function scaled(length: number | null, scale: number | undefined): number | null {
  return length === null || scale === undefined ? null : Math.floor(Math.fround(Math.fround(scale) * length));
}

function resize(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  if (shape === null) return [tensor(type, null)];
  const mode = stringAttribute(context.node, 'coordinate_transformation_mode', '');
  const scales = optionalInput(context, context.opset >= 11 ? 2 : 1);
  const sizes = context.opset >= 11 ? optionalInput(context, 3) : null;
  const axes =
    intsAttribute(context.node, 'axes')?.map((axis) => axisIn(axis, shape.length)) ?? shape.map((_, n) => n);
  const unknown = [tensor(type, unknownShape(shape.length))];
  const given = sizes === null ? null : knownElements(sizes);
  if (given !== null && given.length > 0) return [tensor(type, sized(context, shape, axes, given))];
  const factors = knownElements(scales);
  // A crop's lengths depend on the region of interest as well.
  if (factors === null || factors.length === 0 || mode === 'tf_crop_and_resize') return unknown;
  const result = [...shape];
  axes.forEach((axis, n) => {
    result[axis] = scaled(shape[axis] ?? null, factors[n]);
  });
  return [tensor(type, result)];
}

function sized(context: Context, shape: Shape, axes: readonly number[], sizes: readonly number[]): Shape {
  const result = [...shape];
  const policy = stringAttribute(context.node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy === 'stretch') {
    axes.forEach((axis, n) => {
      result[axis] = sizes[n] ?? null;
    });
    return result;
  }
  const ratios = axes.map((axis, n) => (sizes[n] ?? Number.NaN) / (shape[axis] ?? Number.NaN));
  const ratio = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
  for (const axis of axes) {
    const length = Math.round((shape[axis] ?? Number.NaN) * ratio);
    result[axis] = Number.isNaN(length) ? null : length;
  }
  return result;
}

function upsample(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const height = floatAttribute(context.node, 'height_scale');
  const width = floatAttribute(context.node, 'width_scale');
  const scales =
    floatsAttribute(context.node, 'scales') ??
    knownElements(optionalInput(context, 1)) ??
    (height !== undefined && width !== undefined ? [1, 1, height, width] : []);
  return [tensor(type, shape?.map((length, axis) => scaled(length, scales[axis])) ?? null)];
}

function blocks(context: Context, toDepth: boolean): readonly Value[] {
  const { type, shape } = input(context, 0);
  const size = intAttribute(context.node, 'blocksize') ?? 1;
  if (shape === null) return [tensor(type, [null, null, null, null])];
  if (shape.length !== 4)
    throw new Mismatch(`needs an image, but its input has the shape ${describe(shape)}`);
  const [batch = null, channels = null, height = null, width = null] = shape;
  const whole = (value: number | null) => (value === null ? null : Math.floor(value));
  const spread = toDepth ? 1 / size : size;
  return [
    tensor(type, [
      batch,
      whole(product([channels, toDepth ? size * size : 1 / (size * size)])),
      whole(product([height, spread])),
      whole(product([width, spread])),
    ]),
  ];
}

/** Input [N, C, D1 … Dn], grid [N, E1 … En, n] to [N, C, E1 … En]. */
function gridSample(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const grid = input(context, 1).shape;
  if (shape === null || grid === null)
    return [tensor(type, unknownShape(shape?.length ?? grid?.length ?? null))];
  return [tensor(type, [...shape.slice(0, 2), ...grid.slice(1, -1)])];
}

/** A grid for an image of the given size [N, C, D1 … Dn]: [N, D1 … Dn, n]. */
function affineGrid(context: Context): readonly Value[] {
  const size = input(context, 1).elements;
  const { type } = input(context, 0);
  if (size === null) return [tensor(type, null)];
  const [batch = null, , ...lengths] = shapeFrom(size);
  return [tensor(type, [batch, ...lengths, lengths.length])];
}

function centerCropPad(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  const target = input(context, 1).elements;
  if (shape === null || target === null) return [tensor(type, unknownShape(shape?.length ?? null))];
  const lengths = shapeFrom(target);
  const axes = intsAttribute(context.node, 'axes') ?? shape.map((_, axis) => axis);
  const result = [...shape];
  axes.forEach((axis, n) => {
    result[axisIn(axis, shape.length)] = lengths[n] ?? null;
  });
  return [tensor(type, result)];
}

/** Boxes of an image, each stretched to the same size. */
function cropAndResize(context: Context): readonly Value[] {
  const [height = null, width = null] = shapeFrom(input(context, 3).elements ?? []);
  const boxes = dimension(input(context, 1), 0);
  return [tensor(input(context, 0).type, [boxes, dimension(input(context, 0), 1), height, width])];
}

export const images: Operators = {
  Resize: { infer: resize },
  Upsample: { infer: upsample },
  DepthToSpace: { infer: (context) => blocks(context, false) },
  SpaceToDepth: { infer: (context) => blocks(context, true) },
  GridSample: { infer: gridSample },
  AffineGrid: { infer: affineGrid },
  CenterCropPad: { infer: centerCropPad },
  'com.microsoft.CropAndResize': { infer: cropAndResize },
};
