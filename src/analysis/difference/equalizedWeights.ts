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
  const output = (i: number) => Math.floor(i / (inputs * inner));
  const input = (i: number) => Math.floor(i / inner) % inputs;
  const value = (i: number) => other[i] as number;
  // First by what channels are in all, then by least squares, which would not find factors that are far apart.
  for (let step = 0; step < STEPS; step++) {
    const squares = step < STEPS / 2;
    for (const [own, ownAt, others, otherAt] of [
      [ofOutput, output, ofInput, input],
      [ofInput, input, ofOutput, output],
    ] as const) {
      const [top, bottom] = [new Float64Array(own.length), new Float64Array(own.length)];
      for (let i = 0; i < elements; i++) {
        const channel = ownAt(i);
        const [a, b] = [float[i] as number, value(i) * (others[otherAt(i)] as number)];
        top[channel] = (top[channel] as number) + (squares ? a * a : a * b);
        bottom[channel] = (bottom[channel] as number) + b * b;
      }
      for (let channel = 0; channel < own.length; channel++) {
        const [above, below] = [top[channel] as number, bottom[channel] as number];
        own[channel] = below === 0 ? 0 : squares ? Math.sqrt(above / below) : above / below;
      }
    }
  }
  let [signal, noise] = [0, 0];
  for (let i = 0; i < elements; i++) {
    const a = float[i] as number;
    const back = value(i) * (ofOutput[output(i)] as number) * (ofInput[input(i)] as number);
    signal += a * a;
    noise += (a - back) ** 2;
  }
  if (!Number.isFinite(noise)) return null;
  if (noise === 0) return Number.POSITIVE_INFINITY;
  return 10 * Math.log10(signal / (noise * (elements / (elements - factors))));
}
