/**
 * Whether a weight of a model is the one that a layer's constructor makes. Formats order its dimensions in their own
 * way, and some put dimensions of 1 around it; nothing else may differ.
 */
export function fits(expected: readonly (number | null)[], actual: readonly number[]): boolean {
  return orders(expected.length).some((order) =>
    equal(
      order.map((from) => expected[from] ?? null),
      actual,
    ),
  );
}

/** Something of it is known, so that it can tell one weight from another. */
export function tells(shape: readonly (number | null)[]): boolean {
  return shape.some((size) => size !== null);
}

function equal(expected: readonly (number | null)[], actual: readonly number[]): boolean {
  if (expected.includes(null)) {
    return (
      expected.length === actual.length && expected.every((size, at) => size === null || size === actual[at])
    );
  }
  const left = expected.filter((size) => size !== 1);
  const right = actual.filter((size) => size !== 1);
  return left.length === right.length && left.every((size, at) => size === right[at]);
}

const known = new Map<number, readonly (readonly number[])[]>();

/**
 * The orders in which formats keep the dimensions of a weight. With O, I and K for the output's and input's channels
 * and the kernel's sizes: PyTorch, ONNX and Core ML have OIK (transposed: IOK), Keras KIO (KOI), TensorFlow Lite OKI,
 * and 1KO where each channel has a kernel of its own; a matrix may be transposed.
 */
function orders(rank: number): readonly (readonly number[])[] {
  let found = known.get(rank);
  if (found === undefined) {
    found = ordersOf(Array.from({ length: rank }, (_, at) => at));
    known.set(rank, found);
  }
  return found;
}

function ordersOf(all: readonly number[]): readonly (readonly number[])[] {
  if (all.length < 2) return [all];
  const [first = 0, second = 1, ...rest] = all;
  const last = all.length - 1;
  const kernel = all.slice(0, -2);
  return [
    all,
    [first, ...rest, second],
    [second, ...rest, first],
    [last, ...kernel, last - 1],
    [last - 1, ...kernel, last],
    [last, last - 1, ...kernel],
    [last - 1, last, ...kernel],
  ];
}
