/** Steps in which the factors of outputs and inputs are fitted to each other; they stay where they are after some five. */
const STEPS = 12;
/** With fewer elements for each factor, the factors would fit the noise away. */
const ELEMENTS_A_FACTOR = 4;

/**
 * How near a weight is to one whose output and input channels were multiplied (axes 0 and 1): the SQNR of what is left
 * where they are brought back by the factors that fit best, which is what the layers around it do. What the factors take of
 * the noise by chance is added again. null: there are too few elements to tell factors from noise.
 *
 * @param shape of both
 */
export function equalizedDecibels(
  float: ArrayLike<number>,
  other: ArrayLike<number>,
  shape: readonly number[],
): number | null {
  const [outputs = 0, inputs = 0, ...rest] = shape;
  if (shape.length < 2) return null;
  const inner = rest.reduce((all, size) => all * size, 1);
  // One factor of either kind is free: outputs times two and inputs by a half are the same.
  const factors = inputs === 1 ? outputs : outputs === 1 ? inputs : outputs + inputs - 1;
  const elements = float.length;
  if (elements !== outputs * inputs * inner || elements < ELEMENTS_A_FACTOR * factors) return null;
  const ofOutput = new Float64Array(outputs).fill(1);
  const ofInput = new Float64Array(inputs).fill(1);
  const sums = sumsOfPairs(float, other, inner);
  // First by what channels are in all, then by least squares, which would not find factors that are far apart.
  for (let step = 0; step < STEPS; step++) {
    const squares = step < STEPS / 2;
    fit(ofOutput, ofInput, sums, squares, inputs, 1);
    fit(ofInput, ofOutput, sums, squares, 1, inputs);
  }
  let signal = 0;
  let noise = 0;
  for (let output = 0, i = 0; output < outputs; output++) {
    for (let input = 0; input < inputs; input++) {
      const factor = (ofOutput[output] as number) * (ofInput[input] as number);
      for (let k = 0; k < inner; k++, i++) {
        const a = float[i] as number;
        const error = a - (other[i] as number) * factor;
        signal += a * a;
        noise += error * error;
      }
    }
  }
  if (!Number.isFinite(noise)) return null;
  if (noise === 0) return Number.POSITIVE_INFINITY;
  return 10 * Math.log10(signal / (noise * (elements / (elements - factors))));
}

/** Of each output and input: sums over the elements that have both of their factors. */
interface SumsOfPairs {
  /** Of the first weight's squares, of products of both, and of the other's squares. */
  readonly squares: Float64Array;
  readonly products: Float64Array;
  readonly others: Float64Array;
}

/** So that a step of the fit costs what there are pairs of channels, and not what there are elements. */
function sumsOfPairs(float: ArrayLike<number>, other: ArrayLike<number>, inner: number): SumsOfPairs {
  const count = float.length / inner;
  const sums = {
    squares: new Float64Array(count),
    products: new Float64Array(count),
    others: new Float64Array(count),
  };
  for (let pair = 0, i = 0; pair < count; pair++) {
    let aa = 0;
    let ab = 0;
    let bb = 0;
    for (let k = 0; k < inner; k++, i++) {
      const a = float[i] as number;
      const b = other[i] as number;
      aa += a * a;
      ab += a * b;
      bb += b * b;
    }
    sums.squares[pair] = aa;
    sums.products[pair] = ab;
    sums.others[pair] = bb;
  }
  return sums;
}

/**
 * Fits the factors of one kind of channels to those of the other.
 * @param ownStride pairs from one of its channels to the next
 */
function fit(
  own: Float64Array,
  others: Float64Array,
  sums: SumsOfPairs,
  squares: boolean,
  ownStride: number,
  otherStride: number,
): void {
  const wanted = squares ? sums.squares : sums.products;
  for (let channel = 0; channel < own.length; channel++) {
    let above = 0;
    let below = 0;
    for (let k = 0, pair = channel * ownStride; k < others.length; k++, pair += otherStride) {
      const factor = others[k] as number;
      above += (wanted[pair] as number) * (squares ? 1 : factor);
      below += (sums.others[pair] as number) * factor * factor;
    }
    own[channel] = below === 0 ? 0 : squares ? Math.sqrt(above / below) : above / below;
  }
}
