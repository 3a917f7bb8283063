import type { LayerCall, LayerInstance, LayerWeight } from '../sourceFile';
import { isDense, isDepthwise, isRegrouped } from './layerKinds';
import type { IndexedRow, IndexedWeight } from './modelIndex';
import { fits, tells } from './shapes';

/** Joined weights are found by trying which make up the sum, so there may be few of them (CWE-407). */
const MAX_REGROUPED = 12;

/** What the weights of rows say of a layer that its name leads to them. */
export type Confirmation =
  /** `extra`: weights of the rows that the layer does not make, such as a bias that folding added. */
  | {
      state: 'confirmed';
      rows: readonly IndexedRow[];
      weights: readonly IndexedWeight[];
      extra: readonly IndexedWeight[];
    }
  | { state: 'differs'; expected: readonly (number | null)[]; actual: readonly number[] }
  /** The rows hold no weights that could be compared. */
  | { state: 'weightless' };

/** Shapes that the layer makes, as far as they can tell it from another; null where they cannot. */
export function tellingWeights({ weights }: LayerInstance): readonly LayerWeight[] | null {
  const telling = weights?.filter(({ shape }) => tells(shape)) ?? [];
  return telling.length > 0 ? telling : null;
}

/**
 * Compares the weights that a layer makes with those of rows. All of its kernels and matrices must be there; a layer
 * that has none, such as a normalization, is confirmed by the first of its vectors. Converters also name rows after
 * layers whose weights lie elsewhere; such rows are left out.
 *
 * @param isNamed whether a weight's name says that it is the layer's
 */
export function confirm(
  { framework, layer }: LayerCall,
  expected: readonly LayerWeight[],
  rows: readonly IndexedRow[],
  isNamed: (weight: IndexedWeight) => boolean,
): Confirmation {
  const actual = weightsOf(rows);
  if (actual.length === 0) return { state: 'weightless' };
  const free = new Set(actual);
  const used: IndexedWeight[] = [];
  const missing: LayerWeight[] = [];
  for (const weight of expected) {
    const shape = stored(layer, weight);
    const candidates = [...free].filter((one) => fits(shape, one.shape));
    const beside = new Set(weightsOf(rows.filter((row) => holdsAny(row, used))).map(({ name }) => name));
    const likely = (one: IndexedWeight) =>
      4 * Number(hasRole(one, weight.role)) + 2 * Number(beside.has(one.name)) + Number(isNamed(one));
    const [match] = candidates.toSorted((a, b) => likely(b) - likely(a));
    if (match === undefined) missing.push(weight);
    else {
      free.delete(match);
      used.push(match);
    }
  }
  const deciding = expected.filter(({ shape }) => shape.length > 1);
  const [first = expected[0]] =
    deciding.length > 0 ? deciding.filter((one) => missing.includes(one)) : missing;
  const complete = deciding.length > 0 ? !deciding.some((one) => missing.includes(one)) : used.length > 0;
  if (complete && !turned(framework, layer, expected, rows)) {
    const own = rows.filter((row) => row.weights.length === 0 || holdsAny(row, used));
    const names = new Set(used.map(({ name }) => name));
    return {
      state: 'confirmed',
      rows: own,
      weights: used,
      extra: weightsOf(own).filter(({ name }) => !names.has(name)),
    };
  }
  const regrouped = isRegrouped(layer) ? subsetOf(actual, elementsOf(expected)) : null;
  if (regrouped !== null) {
    return {
      state: 'confirmed',
      rows,
      weights: regrouped,
      extra: actual.filter((one) => !regrouped.includes(one)),
    };
  }
  const largest = actual.reduce((a, b) => (b.elements > a.elements ? b : a));
  return { state: 'differs', expected: first?.shape ?? [], actual: largest.shape };
}

/** Each once, whichever rows use it. */
function weightsOf(rows: readonly IndexedRow[]): IndexedWeight[] {
  return [...new Map(rows.flatMap(({ weights }) => weights).map((one) => [one.name, one])).values()];
}

function holdsAny(row: IndexedRow, weights: readonly IndexedWeight[]): boolean {
  return row.weights.some(({ name }) => weights.some((one) => one.name === name));
}

function hasRole({ paths }: IndexedWeight, role: string): boolean {
  return paths.some((path) => path === role || path.endsWith(`.${role}`));
}

/** With the dimensions that formats have for it. */
function stored(layer: string, { shape, role }: LayerWeight): readonly (number | null)[] {
  const channels = shape.at(-2);
  const multiplier = shape.at(-1);
  if (!isDepthwise(layer) || role === 'pointwise_kernel' || shape.length < 3) return shape;
  if (typeof channels !== 'number' || typeof multiplier !== 'number') return shape;
  return [...shape.slice(0, -2), channels * multiplier];
}

/** The same numbers the other way around: a layer of 20 outputs and 10 inputs is not one of 10 and 20. */
function turned(
  framework: LayerCall['framework'],
  layer: string,
  expected: readonly LayerWeight[],
  rows: readonly IndexedRow[],
): boolean {
  const matrix = isDense(layer) ? expected.find(({ shape }) => shape.length === 2)?.shape : undefined;
  const outputs = framework === 'torch' ? matrix?.[0] : matrix?.[1];
  const given = rows.at(-1)?.output?.at(-1);
  return typeof outputs === 'number' && typeof given === 'number' && outputs !== given;
}

function elementsOf(weights: readonly LayerWeight[]): number | null {
  let sum = 0;
  for (const { shape } of weights) {
    if (shape.includes(null)) return null;
    sum += shape.reduce<number>((product, size) => product * (size ?? 0), 1);
  }
  return sum;
}

/** Weights that have so many elements together, the largest first; others of the rows are initial states and the like. */
function subsetOf(weights: readonly IndexedWeight[], elements: number | null): IndexedWeight[] | null {
  if (elements === null || weights.length > MAX_REGROUPED) return null;
  const sorted = weights.toSorted((a, b) => b.elements - a.elements);
  const search = (from: number, left: number): IndexedWeight[] | null => {
    if (left === 0) return [];
    for (let at = from; at < sorted.length; at++) {
      const one = sorted[at];
      if (one === undefined || one.elements === 0 || one.elements > left) continue;
      const rest = search(at + 1, left - one.elements);
      if (rest !== null) return [one, ...rest];
    }
    return null;
  };
  return search(0, elements);
}
