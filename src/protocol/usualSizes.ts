import { formatShape } from './numbers';
import type { DimensionOptions } from './options';
import type { DimensionReport, TensorReport } from './reports';

/** Sides of square images that networks are trained for, and lengths of sequences. */
const SIDES = [128, 224, 256, 320, 416, 512, 640];
const LENGTHS = [16, 64, 128, 256, 512];

/** What one click gives to the open sizes of an input. */
export interface SizeChoice {
  readonly label: string;
  readonly dimensions: DimensionOptions;
  /** It is what the input has now. */
  readonly chosen: boolean;
}

export interface WantedSizes {
  /** What to give, in words: `height and width`. */
  readonly what: string;
  /** Somebody has to: they were assumed 1. */
  readonly assumed: boolean;
  readonly choices: readonly SizeChoice[];
}

/** The sizes of an input, but for the batch, that the file leaves open, with the usual ones; null where there are none. */
export function wantedSizes(
  input: TensorReport,
  dims: Readonly<Record<string, DimensionReport>>,
  assumedInputs: readonly string[],
  given: DimensionOptions,
): WantedSizes | null {
  const { name, shape, declaredShape } = input;
  if (declaredShape === null || shape === null) return null;
  const open = declaredShape.flatMap((size, axis) => (axis > 0 && typeof size !== 'number' ? [axis] : []));
  const usual = usualFor(declaredShape, open);
  if (open.length === 0) return null;
  const named = open.map((axis) => declaredShape[axis] ?? null);
  const assumed = named.some((size) =>
    size === null ? assumedInputs.includes(name) : (dims[size]?.assumed ?? false),
  );
  return {
    what: words(
      named.map((size) => (size === null ? null : String(size))),
      usual.what,
    ),
    assumed,
    choices: usual.sizes.map((size) => ({
      label: formatShape(open.map(() => size)),
      dimensions: withSizes(given, input, open, size),
      chosen: !assumed && open.every((axis) => shape[axis] === size),
    })),
  };
}

/** Two open sides of an image, or the open length of a sequence; of anything else nothing is usual. */
function usualFor(
  declared: NonNullable<TensorReport['declaredShape']>,
  open: readonly number[],
): { what: string; sizes: readonly number[] } {
  const axes = open.join();
  const rank = declared.length;
  if (rank === 4 && (axes === '2,3' || axes === '1,2')) return { what: 'height and width', sizes: SIDES };
  // The state of a recurrent layer, [2, batch, 128], is no batch of sequences.
  const isBatch = typeof declared[0] !== 'number' || declared[0] === 1;
  if ((rank === 2 || rank === 3) && axes === '1' && isBatch) return { what: 'the length', sizes: LENGTHS };
  return { what: 'its sizes', sizes: [] };
}

function words(names: readonly (string | null)[], unnamed: string): string {
  const known = names.filter((name) => name !== null);
  if (known.length < names.length) return unnamed;
  const last = known.at(-1) ?? unnamed;
  return known.length < 2 ? last : `${known.slice(0, -1).join(', ')} and ${last}`;
}

/** An unnamed size is given with the whole shape. */
function withSizes(
  given: DimensionOptions,
  { name, shape, declaredShape }: TensorReport,
  open: readonly number[],
  size: number,
): DimensionOptions {
  const names = open.map((axis) => declaredShape?.[axis] ?? null);
  if (declaredShape?.includes(null)) {
    const whole = (shape ?? []).map((known, axis) => (open.includes(axis) ? size : (known ?? 1)));
    const dims = Object.fromEntries(
      Object.entries(given.dims).filter(([one]) => !declaredShape.includes(one)),
    );
    return { dims, shapes: { ...given.shapes, [name]: whole } };
  }
  return { ...given, dims: { ...given.dims, ...Object.fromEntries(names.map((one) => [one, size])) } };
}
