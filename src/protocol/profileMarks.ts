import { deviceId, otherDevice } from './deviceNames';
import { type DeviceChoice, ONLY_PHONE } from './devices';
import { formatInteger, formatMs, formatShape } from './numbers';
import type { Comparison, Latency, ProfileReport, RowMark, TensorReport } from './reports';

/** Rows whose sum is within this factor of the whole fit it; what is further off is marked. */
const FITS = 1.25;
/** Beyond this factor the rows do not explain the whole, so that no row is a share of it. */
const EXPLAINS = 1.5;
/** A p90 this many times the median is not the median's spread but another state of the computer. */
const FAR_P90 = 1.5;

/** An interval that is a larger part of its latency says little: twice as wide as that of a calm computer. */
const WIDE = 0.2;

/** Inputs named in a sentence; the rest is counted. */
const NAMED_INPUTS = 3;

/**
 * The input shapes that a profile was measured with, in words, where they are not those that `inputs` have now; null
 * where they are. What is not known of either is not held against it, but for profiles of earlier versions, which do
 * not say what they were measured with: those are only taken where the file leaves no size open.
 */
export function otherSizes({ inputShapes }: ProfileReport, inputs: readonly TensorReport[]): string | null {
  if (inputShapes === undefined) return inputs.every(isFixed) ? null : 'inputs of other sizes, perhaps';
  const shapes = new Map(inputs.map(({ name, shape }) => [name, shape]));
  const others = inputShapes.filter(({ name, shape }) => !mayBe(shape, shapes.get(name) ?? null));
  if (others.length === 0) return null;
  const named = others.slice(0, NAMED_INPUTS).map(({ name, shape }) => `${name} ${formatShape(shape)}`);
  if (others.length > named.length) named.push(`${formatInteger(others.length - named.length)} more`);
  return named.join(', ');
}

function isFixed({ shape, declaredShape }: TensorReport): boolean {
  return (
    shape !== null && declaredShape !== null && shape.every((size, axis) => size === declaredShape[axis])
  );
}

function mayBe(measured: readonly number[], shape: readonly (number | null)[] | null): boolean {
  if (shape === null) return true;
  return (
    shape.length === measured.length && shape.every((size, axis) => size === null || size === measured[axis])
  );
}

/** How the rows fit the whole, where a row does not say it itself: profiles of earlier versions only have the factor. */
export function markOf(profile: ProfileReport, mark: RowMark | undefined): RowMark | undefined {
  return mark ?? (within(profile.profileFactor, FITS) ? undefined : 'scaled');
}

/** The rows explain the whole well enough to be shares of it. */
export function hasShares({ profileFactor, layers, added }: ProfileReport): boolean {
  return within(profileFactor, EXPLAINS) && [...layers, ...added].some(({ share }) => share !== null);
}

function within(factor: number | null, limit: number): boolean {
  return factor === null || (factor <= limit && factor >= 1 / limit);
}

/** How a profile's note on the fit of its rows begins; where rows bear marks, `rowsReason` says the same. */
export const FIT_NOTE = 'The layers add up to';

/** How a note begins that says why a profile has no layers. */
export const NOT_TIMED = 'The layers were not timed.';

/** Why rows with this mark are to be read with care, in a sentence. */
export function markReason(mark: RowMark, profileFactor: number | null): string {
  const sum =
    // The runs beside the rows fitted them, those of the latency did not.
    profileFactor === null || within(profileFactor, FITS)
      ? 'The times of the layers do not add up to the latency of the whole'
      : `The times of the layers add up to ${Number(profileFactor.toPrecision(2))} of the latency of the whole`;
  return mark === 'scaled'
    ? `${sum} and were scaled to it.`
    : `${sum}, so they are shown as they were measured, and are no shares of it.`;
}

/** What a reader of a profile's rows must know before the rows; '' where they fit the whole. */
export function rowsReason(profile: ProfileReport): string {
  const marks = [...profile.layers, ...profile.added].map(({ mark }) => markOf(profile, mark));
  const mark = marks.includes('unscaled') ? 'unscaled' : marks.find((one) => one !== undefined);
  return mark === undefined ? '' : markReason(mark, profile.profileFactor);
}

/** Why a latency is to be read with care, in a sentence for each reason; '' where it need not be. */
export function latencyReason({ median, p90, unsteady, ci95: [low, high] }: Latency): string {
  const far = p90 !== null && (unsteady || p90 > FAR_P90 * median);
  const width = (high - low) / median;
  return [
    ...(far
      ? [
          `One run in ten took ${formatMs(p90)} or more, far above the median: this computer was busy or changed its speed.`,
        ]
      : []),
    ...(width > WIDE
      ? [
          `The interval is ${Math.round(100 * width)} % of the latency wide: sessions differed, or other programs ran beside them.`,
        ]
      : []),
  ].join(' ');
}

/** What somebody has chosen to measure with, as far as a profile says it of itself. */
export interface ChosenMeasure {
  readonly threads: number;
  /** null: this computer. */
  readonly device: DeviceChoice | null;
  /** What reports call the engines that run such models on this computer now; null: not known. */
  readonly engines: readonly string[] | null;
}

/**
 * Why a profile is not of what is shown and chosen now, in a sentence: other sizes, another device, another version of the
 * engine, other threads; null: it is.
 */
export function notOfThis(
  profile: ProfileReport,
  inputs: readonly TensorReport[],
  chosen: ChosenMeasure,
): string | null {
  const sizes = sizesNotOfThis(profile, inputs);
  if (sizes !== null) return sizes;
  const { device, threads, engines } = chosen;
  if (!isOn(profile, device)) {
    const where = otherDevice(profile) ?? 'this computer';
    const now = device === null ? 'this computer' : (device.name ?? device.id);
    return `Measured on ${where}, not on ${now}, which is chosen now.`;
  }
  // What is installed on a device is not known here.
  if (device === null && engines !== null && !engines.includes(profile.engine))
    return `Measured with ${profile.engine}; this computer has ${engines[0]} now.`;
  if (profile.threads !== threads)
    return `Measured with ${threadsText(profile.threads)}, and ${threads === 1 ? '1 is' : `${threads} are`} chosen now.`;
  return null;
}

/**
 * Which engine latencies were compared with that this computer no longer has, in a sentence; null: it has it, or that is
 * not known, as on another device.
 */
export function engineGone(
  { latencyMs, engine, device }: Pick<Comparison, 'latencyMs' | 'engine' | 'device'>,
  engines: readonly string[] | null,
): string | null {
  if (latencyMs === null || engine === null || device !== undefined || engines === null) return null;
  // Two formats are run by two.
  const gone = engine.split(' and ').filter((name) => !engines.includes(name));
  if (gone.length === 0) return null;
  return `The latencies were measured with ${gone.join(' and ')}, which this computer no longer has.`;
}

/** The same of the sizes alone. */
export function sizesNotOfThis(profile: ProfileReport, inputs: readonly TensorReport[]): string | null {
  const sizes = otherSizes(profile, inputs);
  return sizes === null ? null : `Measured with ${sizes}, not with the sizes that are shown.`;
}

function isOn(profile: ProfileReport, chosen: DeviceChoice | null): boolean {
  if (chosen === null) return otherDevice(profile) === null;
  // The only phone is chosen without its serial number.
  return chosen.id === ONLY_PHONE ? profile.device?.kind === 'adb' : deviceId(profile) === chosen.id;
}

function threadsText(threads: number): string {
  return threads === 1 ? '1 thread' : `${threads} threads`;
}
