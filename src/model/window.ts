/** How the window of a convolution or a pooling slides along one axis. */
export interface Window {
  /** null = not known. */
  readonly kernel: number | null;
  readonly stride: number;
  readonly dilation?: number;
  /** Before the axis and behind it. 'same' pads as much as leaves a place for each `stride` elements, a rest included. */
  readonly padding: 'same' | readonly [before: number, behind: number];
  /**
   * Whether the last place counts when the window reaches beyond the padding there: never (by default), where it does
   * not start in the padding behind, or always.
   */
  readonly beyond?: 'never' | 'started' | 'always';
}

export const NO_PADDING: Window['padding'] = [0, 0];

/** Elements from a window's first to its last. */
export function reachOf(kernel: number, dilation = 1): number {
  return (kernel - 1) * dilation + 1;
}

/**
 * Places that a window has along an axis, which is its length behind a convolution or a pooling; less than 1 where it
 * does not fit. null = not known.
 */
export function slidLength(length: number | null, window: Window): number | null {
  const added = addedToSlide(window);
  if (length === null || added === null) return null;
  const { stride, padding, beyond } = window;
  const places = Math.floor((length + added) / stride);
  const behind = padding !== 'same' && (places - 1) * stride >= length + padding[0];
  return beyond === 'started' && behind ? places - 1 : places;
}

/** What makes `⌊(length + added)/stride⌋` the places of a window. */
export function addedToSlide({ kernel, stride, dilation, padding, beyond = 'never' }: Window): number | null {
  if (!(stride >= 1)) return null;
  if (padding === 'same') return stride - 1;
  if (kernel === null) return null;
  const fitting = padding[0] + padding[1] - reachOf(kernel, dilation) + stride;
  return beyond === 'never' ? fitting : fitting + stride - 1;
}

/** The length to which a transposed convolution spreads an axis, `extra` behind it; null = not known. */
export function spreadLength(length: number | null, window: Window, extra = 0): number | null {
  const added = addedToSpread(window, extra);
  return length === null || added === null ? null : length * window.stride + added;
}

/** What makes `length·stride + added` the length to which an axis is spread. */
export function addedToSpread({ kernel, stride, dilation, padding }: Window, extra = 0): number | null {
  if (padding === 'same') return 0;
  return kernel === null ? null : reachOf(kernel, dilation) - stride - padding[0] - padding[1] + extra;
}
