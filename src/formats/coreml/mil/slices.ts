import type { Shape } from '../../../model/dataType';
import { takenBy } from '../../slice';
import type { OperationShapes } from './costs';

/** What `slice_by_index` takes of an axis; `squeezed`: the axis is taken away. */
export interface Taken {
  readonly start: number | null;
  readonly step: number;
  readonly count: number | null;
  readonly squeezed: boolean;
}

/** Masks say where the beginning and the end are the axis's own, and which axes are taken away. */
export function slicesOf(x: Shape, { elements }: OperationShapes): Taken[] | null {
  const [begin, end, stride] = ['begin', 'end', 'stride'].map((name) => elements(name));
  const [beginMask, endMask, squeezeMask] = ['begin_mask', 'end_mask', 'squeeze_mask'].map((name) =>
    elements(name),
  );
  // Given, but not known: which axes are left is open, or how many elements.
  if (squeezeMask === null || beginMask === null || endMask === null) return null;
  return x.map((size, axis): Taken => {
    const squeezed = squeezeMask?.[axis] === 1;
    const step = stride === null ? Number.NaN : (stride?.[axis] ?? 1);
    if (squeezed) {
      const first = beginMask?.[axis] === 1 ? (step < 0 ? -1 : 0) : begin?.[axis];
      const start =
        first === undefined || (first < 0 && size === null) ? null : first < 0 ? first + (size ?? 0) : first;
      return { start, step: 1, count: 1, squeezed };
    }
    const open = { start: null, step: 1, count: null, squeezed };
    if (size === null || step === 0 || Number.isNaN(step)) return open;
    const from = beginMask?.[axis] === 1 ? null : begin?.[axis];
    const to = endMask?.[axis] === 1 ? null : end?.[axis];
    if (from === undefined || to === undefined) return open;
    return { ...takenBy(size, from, to, step), squeezed };
  });
}
