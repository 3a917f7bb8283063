import type { Comparison, Latency } from '../../src/protocol/reports';

/** A model of the comparison, as the picture shows it. */
export interface Point {
  id: 'before' | 'cleaned' | 'after';
  label: string;
  latency: Latency;
  /** Bytes of the file, null where they are not reported. */
  bytes: number | null;
  /** Fraction, null where there is no such accuracy. */
  accuracy: number | null;
}

export interface Picture {
  points: Point[];
  /** What the vertical axis is; null where no accuracy can be drawn. */
  axis: string | null;
}

/**
 * Original, cleaned and result with latency and accuracy; null without latencies. The cleaned model computes the
 * same function as the original, so it is drawn at the same height.
 */
export function pictureOf({ latencyMs, accuracy, bytes }: Comparison): Picture | null {
  if (latencyMs === null || accuracy === null) return null;
  const { top1, top1Agreement } = accuracy;
  const reference = top1 ? top1.before : top1Agreement === null ? null : 1;
  const result = top1 ? top1.after : top1Agreement;
  const points: Point[] = [
    { id: 'before', label: 'Original', latency: latencyMs.before, bytes: bytes.before, accuracy: reference },
  ];
  if (latencyMs.cleaned) {
    points.push({
      id: 'cleaned',
      label: 'Cleaned float',
      latency: latencyMs.cleaned,
      bytes: null,
      accuracy: reference,
    });
  }
  points.push({
    id: 'after',
    label: 'Result',
    latency: latencyMs.after,
    bytes: bytes.after,
    accuracy: result,
  });
  const axis = top1 ? 'Top-1 accuracy' : top1Agreement === null ? null : 'Agreement with the original';
  return { points, axis };
}

/** Pixels of a value, and the values that get a label. */
export interface Scale {
  (value: number): number;
  ticks: number[];
}

/** Where all values are 0 there must be an axis all the same. */
const LEAST_MARGIN = 1e-9;

/** Latencies spread wider than this are drawn on a logarithmic axis. */
const LOG_FROM = 5;

/** An axis from `from` to `to` pixels, with a margin around the values and round numbers as ticks. */
export function scaleFor(
  values: readonly number[],
  from: number,
  to: number,
  limits: [number, number],
): Scale {
  const lowest = Math.min(...values);
  const highest = Math.max(...values);
  if (lowest > 0 && highest / lowest > LOG_FROM) return logarithmic(lowest / 1.4, highest * 1.4, from, to);
  const margin = Math.max((highest - lowest) * 0.25, Math.abs(highest) * 0.02, LEAST_MARGIN);
  const low = Math.max(limits[0], lowest - margin);
  const high = Math.min(limits[1], highest + margin);
  const step = roundStep((high - low) / 4);
  const ticks: number[] = [];
  for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-6; tick += step) ticks.push(tick);
  return Object.assign((value: number) => from + ((value - low) / (high - low)) * (to - from), { ticks });
}

function logarithmic(low: number, high: number, from: number, to: number): Scale {
  const ticks: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) {
    for (const digit of [1, 2, 5])
      if (power * digit >= low && power * digit <= high) ticks.push(power * digit);
  }
  const span = Math.log(high / low);
  return Object.assign((value: number) => from + (Math.log(value / low) / span) * (to - from), { ticks });
}

/** The next of 1, 2, 5 · 10^n. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return (([1, 2, 5].find((digit) => digit * power >= step) ?? 10) as number) * power;
}
