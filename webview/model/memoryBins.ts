import type { MemoryStep } from '../../src/protocol/reports';

/** Neighbouring layers that share a place on the screen, shown by the one of them at which most lives. */
export interface Bin {
  readonly from: number;
  /** Behind the last one. */
  readonly to: number;
  /** Index of the step at which most lives: no peak is lost, however many layers there are. */
  readonly most: number;
}

/** The steps in their order, in no more bins than `places`. */
export function binned(steps: readonly Pick<MemoryStep, 'liveBytes'>[], places: number): Bin[] {
  const count = Math.min(steps.length, Math.max(1, Math.floor(places)));
  return Array.from({ length: count }, (_, bin) => {
    const from = Math.floor((bin * steps.length) / count);
    const to = Math.floor(((bin + 1) * steps.length) / count);
    let most = from;
    for (let at = from; at < to; at++) {
      if ((steps[at]?.liveBytes ?? 0) > (steps[most]?.liveBytes ?? 0)) most = at;
    }
    return { from, to, most };
  });
}
