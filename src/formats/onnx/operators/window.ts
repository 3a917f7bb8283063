import type { Shape } from '../../../model/dataType';
import { NO_PADDING, reachOf, slidLength, spreadLength, type Window } from '../../../model/window';
import { describe } from '../../broadcast';
import { Mismatch, TooSmall } from '../../value';
import { intAttribute, intsAttribute, stringAttribute } from '../attributes';
import type { Context } from './operator';

/** How a node's window slides over each spatial axis. */
export function windowsOf({ node }: Pick<Context, 'node'>, axes: number, kernel: Shape): Window[] {
  const list = (name: string, length: number) => {
    const given = intsAttribute(node, name);
    return given?.length === length ? given : [];
  };
  const [strides, dilations, pads] = [list('strides', axes), list('dilations', axes), list('pads', axes * 2)];
  const autoPad = stringAttribute(node, 'auto_pad', 'NOTSET');
  const padding = (axis: number): Window['padding'] => {
    if (autoPad.startsWith('SAME')) return 'same';
    return autoPad === 'VALID' ? NO_PADDING : [pads[axis] ?? 0, pads[axis + axes] ?? 0];
  };
  return Array.from({ length: axes }, (_, axis) => ({
    kernel: kernel[axis] ?? null,
    stride: strides[axis] ?? 1,
    dilation: dilations[axis] ?? 1,
    padding: padding(axis),
    beyond: intAttribute(node, 'ceil_mode', 0) !== 0 ? 'started' : 'never',
  }));
}

/** Lengths of the spatial axes after a window went over them. Throws Mismatch when the window is the longer one. */
export function slidSides(context: Context, sides: Shape, kernel: Shape): Shape {
  return windowsOf(context, sides.length, kernel).map((window, axis) => {
    const length = sides[axis] ?? null;
    const slid = slidLength(length, window);
    const { kernel: size, dilation, padding } = window;
    if (slid !== null && slid < 1 && length !== null && size !== null && padding !== 'same') {
      throw new TooSmall(reachOf(size, dilation), length + padding[0] + padding[1]);
    }
    return slid;
  });
}

/** Lengths of the spatial axes as a transposed convolution spreads them, with `extra` elements behind each. */
export function spreadSides(
  context: Context,
  sides: Shape,
  kernel: Shape,
  extra: readonly number[] = [],
): Shape {
  return windowsOf(context, sides.length, kernel).map((window, axis) =>
    spreadLength(sides[axis] ?? null, window, extra[axis]),
  );
}

/** The lengths D1 … Dn of [N, C, D1 … Dn]. */
export function spatial(shape: Shape): Shape {
  if (shape.length < 2) throw new Mismatch(`needs a batch of channels, but its input is ${describe(shape)}`);
  return shape.slice(2);
}
