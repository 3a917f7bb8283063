import type { Shape } from '../../../model/dataType';
import { Mismatch } from '../../value';
import { intAttribute, intsAttribute, stringAttribute } from '../attributes';
import { describe } from './broadcast';
import type { Context } from './operator';

/** How a convolution or a pooling slides over the spatial axes. */
export interface Window {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly autoPad: string;
  /** The last window may reach beyond the padded input. */
  readonly ceil: boolean;
}

export function windowOf(context: Context, axes: number): Window {
  const { node } = context;
  const list = (name: string, length: number, fallback: number) => {
    const given = intsAttribute(node, name);
    return given?.length === length ? given : new Array<number>(length).fill(fallback);
  };
  return {
    strides: list('strides', axes, 1),
    dilations: list('dilations', axes, 1),
    pads: list('pads', axes * 2, 0),
    autoPad: stringAttribute(node, 'auto_pad', 'NOTSET'),
    ceil: intAttribute(node, 'ceil_mode', 0) !== 0,
  };
}

/** Length of an axis after a window went over it. Throws Mismatch when the window is the longer one. */
export function slidLength(
  length: number | null,
  kernel: number | null,
  axis: number,
  window: Window,
): number | null {
  if (length === null || kernel === null) return null;
  const stride = window.strides[axis] ?? 1;
  const reach = (kernel - 1) * (window.dilations[axis] ?? 1) + 1;
  if (window.autoPad === 'SAME_UPPER' || window.autoPad === 'SAME_LOWER') return Math.ceil(length / stride);
  const before = window.autoPad === 'VALID' ? 0 : (window.pads[axis] ?? 0);
  const after = window.autoPad === 'VALID' ? 0 : (window.pads[axis + window.strides.length] ?? 0);
  const steps = (length + before + after - reach) / stride;
  if (steps < 0 && !(window.ceil && steps > -1)) {
    throw new Mismatch(`slides a window of ${reach} over a length of ${length + before + after}`);
  }
  if (!window.ceil) return Math.floor(steps) + 1;
  const slid = Math.ceil(steps) + 1;
  // A window that would start in the padding behind the input is left out.
  return (slid - 1) * stride >= length + before ? slid - 1 : slid;
}

/** The lengths D1 … Dn of [N, C, D1 … Dn]. */
export function spatial(shape: Shape): Shape {
  if (shape.length < 2) throw new Mismatch(`needs a batch of channels, but its input is ${describe(shape)}`);
  return shape.slice(2);
}
