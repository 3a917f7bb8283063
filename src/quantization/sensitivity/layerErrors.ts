import { itemAt } from '../../model/assert';

/** Parts that the layers are measured in at first. */
const PARTS = 8;
/** Groups that are measured at most: each takes a file, a session and some runs. */
const MOST = 96;
/** Groups whose error is a smaller part of all is not worth taking apart. */
const NEGLIGIBLE = 0.02;

interface Group {
  readonly from: number;
  readonly to: number;
  readonly error: number;
}

/**
 * What each layer adds to the error at the outputs when it is computed in integers: the energy of the difference, as a
 * part of the outputs' own. Errors of layers hardly depend on each other, so their energies add up, and layers are
 * measured together: the group with the largest error is halved until what is left together matters little.
 * @param measure the error with these layers alone in integers
 * @param goOn false: time is over, and layers that are measured together share their error
 */
export async function layerErrors(
  count: number,
  measure: (layers: readonly number[]) => Promise<number>,
  goOn: () => boolean,
): Promise<number[]> {
  const groups: Group[] = [];
  const add = async (from: number, to: number) => {
    const layers = Array.from({ length: to - from }, (_, i) => from + i);
    groups.push({ from, to, error: await measure(layers) });
  };
  let measured = 0;
  const parts = Math.min(PARTS, count);
  for (let part = 0; part < parts; part++) {
    await add(Math.floor((part * count) / parts), Math.floor(((part + 1) * count) / parts));
    measured++;
  }
  while (measured < MOST && goOn()) {
    const total = groups.reduce((sum, { error }) => sum + error, 0);
    const worth = groups.filter(({ from, to, error }) => to - from > 1 && error > NEGLIGIBLE * total);
    if (worth.length === 0) break;
    const noisiest = worth.reduce((a, b) => (b.error > a.error ? b : a));
    groups.splice(groups.indexOf(noisiest), 1);
    const middle = Math.ceil((noisiest.from + noisiest.to) / 2);
    await add(noisiest.from, middle);
    await add(middle, noisiest.to);
    measured += 2;
  }
  const errors = new Array<number>(count).fill(0);
  for (const { from, to, error } of groups)
    for (let layer = from; layer < to; layer++) errors[layer] = error / (to - from);
  return errors;
}

/** Louder than any signal: what a value does that is no number any more. */
const RUINED = 1e6;

/** Of a ratio in decibels: the error's energy as a part of the signal's. */
export function errorOf(decibels: number): number {
  return Math.min(RUINED, 10 ** (-decibels / 10));
}

/** The ratio in decibels that layers with these errors have together. */
export function decibelsOf(errors: readonly number[], layers: Iterable<number>): number {
  let sum = 0;
  for (const layer of layers) sum += itemAt(errors, layer);
  return -10 * Math.log10(sum);
}
