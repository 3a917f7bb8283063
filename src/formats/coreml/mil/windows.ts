import type { Shape } from '../../../model/dataType';
import { NO_PADDING, slidLength, spreadLength, type Window } from '../../../model/window';
import type { OperationShapes } from './costs';
import { numbers } from './settings';

/** Lengths of the spatial axes of [N, C, D1 … Dn] after a window went over them; null = not known. */
export function slidSides(x: Shape, kernel: Shape, operation: OperationShapes): Shape | null {
  if (String(operation.setting('ceil_mode') ?? 'false') === 'true') return null;
  return sides(x, kernel, operation, slidLength);
}

/** As a transposed convolution spreads them. */
export function spreadSides(x: Shape, kernel: Shape, operation: OperationShapes): Shape | null {
  return sides(x, kernel, operation, spreadLength);
}

function sides(
  x: Shape,
  kernel: Shape,
  { setting }: OperationShapes,
  length: (length: number | null, window: Window) => number | null,
): Shape | null {
  const before = x.slice(2);
  if (kernel.length !== before.length) return null;
  const [strides, dilations] = [numbers(setting('strides')) ?? [], numbers(setting('dilations')) ?? []];
  const pads = numbers(setting('pad')) ?? [];
  const padType = String(setting('pad_type') ?? 'valid');
  const padding = (axis: number): Window['padding'] => {
    if (padType === 'same' || padType === 'same_lower') return 'same';
    return padType === 'custom' ? [pads[2 * axis] ?? 0, pads[2 * axis + 1] ?? 0] : NO_PADDING;
  };
  return before.map((size, axis) => {
    const window = {
      kernel: kernel[axis] ?? null,
      stride: strides[axis] ?? 1,
      dilation: dilations[axis] ?? 1,
    };
    const result = length(size, { ...window, padding: padding(axis) });
    return result === null ? null : Math.max(0, result);
  });
}
