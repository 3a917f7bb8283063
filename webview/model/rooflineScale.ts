import type { LayerRoofline, RooflineReport } from '../../src/protocol/roofline';

/** A layer that has a place in the picture: it multiplies, moves bytes and was timed. */
export interface RooflinePoint {
  readonly layer: LayerRoofline;
  /** MACs for each byte moved. */
  readonly intensity: number;
  readonly macsPerSecond: number;
  readonly medianMs: number;
}

/** More could not be told apart; the table has them all. */
const MOST_POINTS = 400;

/** The slowest layers that can be drawn, in the order of their intensity; how many more there are. */
export function rooflinePoints({ layers }: RooflineReport): {
  points: RooflinePoint[];
  others: number;
} {
  const placed = layers.flatMap((layer): RooflinePoint[] => {
    const { intensity, macsPerSecond, medianMs } = layer;
    return intensity !== null && intensity > 0 && macsPerSecond !== null && medianMs !== null
      ? [{ layer, intensity, macsPerSecond, medianMs }]
      : [];
  });
  const points = placed.sort((a, b) => b.medianMs - a.medianMs).slice(0, MOST_POINTS);
  const timed = layers.filter(({ medianMs }) => medianMs !== null).length;
  return { points: points.sort((a, b) => a.intensity - b.intensity), others: timed - points.length };
}

/** From the first to the last value by powers of ten. */
export interface LogScale {
  readonly from: number;
  readonly to: number;
  /** Powers of ten within. */
  readonly ticks: readonly number[];
  /** Where a value lies, from 0 to 1; outside of that what is beyond the ends. */
  place(value: number): number;
}

/** Room for all values and a little around them, and at least one power of ten. */
export function logScale(values: readonly number[]): LogScale {
  const known = values.filter((value) => value > 0 && Number.isFinite(value));
  const least = known.reduce((a, b) => Math.min(a, b), known[0] ?? 1);
  const most = known.reduce((a, b) => Math.max(a, b), known[0] ?? 1);
  const low = Math.log10(least) - 0.15;
  const high = Math.max(Math.log10(most) + 0.15, low + 1);
  const ticks: number[] = [];
  for (let power = Math.ceil(low); power <= high; power++) ticks.push(10 ** power);
  return {
    from: 10 ** low,
    to: 10 ** high,
    ticks,
    place: (value) => (Math.log10(value) - low) / (high - low),
  };
}
