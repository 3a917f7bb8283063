import { addedToSlide, addedToSpread, type Window as NumericWindow } from '../../model/window';

/** A size of a tensor: a number, or what stands for one that is not known, such as `in_channels` or `H`. */
export type Dim = number | string;

/** `a·b`, as a number where both are known. */
export function times(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a * b;
  if (a === 1) return b;
  return b === 1 ? a : `${grouped(a)}·${grouped(b)}`;
}

/** `a/b`, whole. */
export function over(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return Math.floor(a / b);
  return b === 1 ? a : `${grouped(a)}/${grouped(b)}`;
}

/** Channels of one group as a factor, which shows what was divided. */
export function groupFactor(channels: Dim, groups: Dim): Dim {
  return groups === 1 ? channels : `${channels}/${groups}`;
}

export function plus(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a + b;
  if (b === 0) return a;
  if (a === 0) return b;
  return typeof b === 'number' && b < 0 ? `${a} − ${-b}` : `${a} + ${b}`;
}

/** `⌊(size + c)/s⌋`, in the simplest form. */
export function floorOver(size: Dim, add: Dim, stride: Dim): Dim {
  const whole = typeof size === 'string' && typeof add === 'number' && typeof stride === 'number';
  if (!whole) {
    const sum = plus(size, add);
    if (stride === 1) return sum;
    return typeof sum === 'number' && typeof stride === 'number'
      ? Math.floor(sum / stride)
      : `⌊${grouped(sum)}/${grouped(stride)}⌋`;
  }
  if (stride === 1) return plus(size, add);
  if (add === stride - 1) return `⌈${grouped(size)}/${stride}⌉`;
  return `⌊${grouped(plus(size, add))}/${stride}⌋`;
}

/** A window over one axis; sizes that are not known stand as their names. */
interface Window {
  readonly kernel: Dim;
  readonly stride: Dim;
  readonly padding?: Dim;
  readonly dilation?: Dim;
}

/** Size of a convolution's or pooling's output along one axis, as PyTorch defines it. */
export function slid(size: Dim, window: Window): Dim {
  const { kernel, stride, padding = 0, dilation = 1 } = window;
  const known = knownWindow(window);
  if (known !== null) {
    const added = addedToSlide(known);
    return added === null ? '?' : floorOver(size, added, stride);
  }
  // The same in words: `(size + 2·padding − reach − 1)/stride + 1`
  const reach = times(dilation, plus(kernel, -1));
  const add = minus(plus(times(2, padding), plus(stride, -1)), reach);
  return floorOver(size, add, stride);
}

/** Size of a transposed convolution's output along one axis, as PyTorch defines it; `?` where the window is not known. */
export function spread(size: Dim, window: Window, extra: Dim = 0): Dim {
  const known = knownWindow(window);
  if (known === null || typeof extra !== 'number') return '?';
  return plus(times(known.stride, size), addedToSpread(known, extra) ?? '?');
}

function knownWindow({ kernel, stride, padding = 0, dilation = 1 }: Window): NumericWindow | null {
  if (typeof kernel !== 'number' || typeof stride !== 'number') return null;
  if (typeof padding !== 'number' || typeof dilation !== 'number') return null;
  return { kernel, stride, dilation, padding: [padding, padding] };
}

function minus(a: Dim, b: Dim): Dim {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  return b === 0 ? a : `${a} − ${grouped(b)}`;
}

/** What holds an operator within gets parentheses. */
function grouped(size: Dim): Dim {
  return typeof size === 'string' && /^[^⌊⌈].*[ ·/]/.test(size) ? `(${size})` : size;
}

/** Product of all; null where one is not known. */
export function product(sizes: readonly Dim[]): number | null {
  return sizes.every((size) => typeof size === 'number') ? sizes.reduce((all, one) => all * one, 1) : null;
}
