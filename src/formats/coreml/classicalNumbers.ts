import { FileWindow } from '../binary';
import { type Piece, sizeOf } from '../pieces';
import { Wire } from '../protobuf/wire';
import { WireCursor } from '../protobuf/wireCursor';

interface Numbers {
  /** By name, the numbers of the fields that lead to a list of numbers in double precision. */
  readonly paths: Readonly<Record<string, readonly number[]>>;
  /** A field whose numbers are not counted: those of a model that has it are unknown. */
  readonly uncounted?: number;
}

const LINEAR: Numbers = { paths: { weights: [1, 1], offset: [2] } };

/** From the files of the kinds: GLMRegressor.proto, SVM.proto, Scaler.proto … Sparse support vectors store more than numbers. */
const NUMBERS: ReadonlyMap<string, Numbers> = new Map([
  ['glmRegressor', LINEAR],
  ['glmClassifier', LINEAR],
  ['scaler', { paths: { shiftValue: [1], scaleValue: [2] } }],
  [
    'supportVectorRegressor',
    { paths: { supportVectors: [3, 1, 1], coefficients: [4, 1], rho: [5] }, uncounted: 2 },
  ],
  [
    'supportVectorClassifier',
    {
      paths: { supportVectors: [4, 1, 1], coefficients: [5, 1], rho: [6], probA: [7], probB: [8] },
      uncounted: 3,
    },
  ],
]);

/**
 * A model has a list a support vector, or an element where they come unpacked. More would fill the memory
 * (CWE-770).
 */
const MAX_LISTS = 1_000_000;

/**
 * The numbers that a classical model has learnt, by name, as the lists in which they are stored; null where its kind
 * is not counted, or it has too many lists. Only tags and lengths are read.
 *
 * @param content the model's message; `path` is for messages of errors.
 * @throws ModelError where the message is damaged.
 */
export function numbersOf(kind: string, content: Piece, path: string): Map<string, Piece[]> | null {
  const numbers = NUMBERS.get(kind);
  if (numbers === undefined) return null;
  const inMemory = content instanceof Uint8Array;
  const file = inMemory ? null : new FileWindow(content.path);
  const cursor = new WireCursor(file ?? { path, byte: (at) => (inMemory && content[at]) || 0 });
  const start = inMemory ? 0 : content.offset;
  const end = start + content.length;
  try {
    for (const { number } of fields(cursor, start, end)) if (number === numbers.uncounted) return null;
    const found = new Map<string, Piece[]>();
    for (const [name, way] of Object.entries(numbers.paths)) {
      const lists: Piece[] = [];
      for (const { start: offset, stop } of listsAt(cursor, start, end, way)) {
        if (lists.length === MAX_LISTS) return null;
        lists.push(inMemory ? content.subarray(offset, stop) : { ...content, offset, length: stop - offset });
      }
      if (sizeOf(lists) > 0) found.set(name, lists);
    }
    return found;
  } finally {
    file?.close();
  }
}

interface Field {
  readonly number: number;
  readonly wire: Wire;
  /** Where its content lies. */
  readonly start: number;
  readonly stop: number;
}

function* listsAt(
  cursor: WireCursor,
  start: number,
  end: number,
  [first, ...rest]: readonly number[],
): Generator<Field> {
  for (const field of fields(cursor, start, end)) {
    if (field.number !== first) continue;
    const { wire, start: from, stop } = field;
    if (rest.length > 0 && wire === Wire.Bytes) yield* listsAt(cursor, from, stop, rest);
    else if (rest.length === 0 && (wire === Wire.Fixed64 || (wire === Wire.Bytes && (stop - from) % 8 === 0)))
      yield field;
    else throw cursor.damage(from, `has a field ${first} that is no list of numbers`);
  }
}

function* fields(cursor: WireCursor, start: number, end: number): Generator<Field> {
  let at = start;
  while (at < end) {
    cursor.position = at;
    const tag = cursor.varint(end);
    const number = Math.floor(tag / 8);
    const wire: Wire = tag % 8;
    let from = cursor.position;
    if (wire === Wire.Bytes) {
      const length = cursor.varint(end);
      from = cursor.position;
      if (from + length > end)
        throw cursor.damage(at, `has a field ${number} that reaches beyond its message`);
      cursor.position = from + length;
    } else cursor.skip(wire, number, end, at);
    at = cursor.position;
    yield { number, wire, start: from, stop: at };
  }
}
