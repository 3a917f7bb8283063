import { formatBytes, formatCount, formatMs, formatPercent, UNKNOWN } from './numbers';
import type { DeviceFit, Placement, Room, ServerComparison, TargetReport } from './targets';

/** What people read of targets, the same on the page and in the terminal. */

/** `29 of 31`, at least where some are unknown. */
export function countText({ summary }: Pick<TargetReport, 'summary'>): string {
  if (summary === undefined) return '';
  const { there, fallsBack, unknown } = summary;
  return `${there} of ${there + fallsBack + unknown}`;
}

/** `100.0 %`, `≥ 40.2 %`, `unknown`. */
export function shareText({ summary }: Pick<TargetReport, 'summary'>): string {
  if (summary === undefined) return '';
  const { share, unknown, macsThere } = summary;
  // "At least nothing" would look like a finding.
  if (macsThere === 0 && (share === null || unknown > 0)) return 'unknown';
  if (share === null) return `≥ ${formatCount(macsThere)}`;
  return `${unknown > 0 && share < 1 ? '≥ ' : ''}${formatPercent(share)}`;
}

/** The same in a sentence. */
export function shareSentence(report: Pick<TargetReport, 'summary'>): string {
  const share = shareText(report);
  if (share === 'unknown') return 'Which part of the MACs runs there is not known';
  return share.endsWith('%') ? `${share} of the MACs` : `${share} MACs`;
}

/** `3 switches`, `none`. */
export function switchesText({ summary }: Pick<TargetReport, 'summary'>): string {
  if (summary === undefined) return '';
  const { switches, unknown } = summary;
  return unknown > 0 ? `${switches} as far as known` : `${switches}`;
}

/** A sentence about where a model's layers run. */
export function placementSentence(report: TargetReport): string {
  const { summary, place, otherwise } = report;
  if (summary === undefined) return 'Nothing public says where single layers run.';
  const { fallsBack, unknown, partitions, switches } = summary;
  const layers = (count: number) => `${count} ${count === 1 ? 'layer' : 'layers'}`;
  const parts = [
    `${countText(report)} layers run on ${place}`,
    ...(fallsBack > 0 ? [`${layers(fallsBack)} ${otherwise}`] : []),
    ...(unknown > 0 ? [`of ${layers(unknown)} it is not known`] : []),
  ];
  const ways =
    partitions === 0
      ? ''
      : ` They are ${partitions === 1 ? 'one part' : `${partitions} parts`} when each runs as soon as its inputs are there, with ${switches} ${switches === 1 ? 'switch' : 'switches'} between there and elsewhere.`;
  return `${parts.join('; ')}.${ways}`;
}

/** A word for each placement. */
export const PLACEMENT_WORDS: Readonly<Record<Placement, string>> = {
  there: 'there',
  'falls back': 'falls back',
  unknown: 'unknown',
  constant: 'constant',
};

/** `fits, 7.33 MB left`, `312 kB over`, `unknown`. */
export function roomText({ needed, has, left }: Room): string {
  if (left !== null) return left >= 0 ? `fits, ${formatBytes(left)} left` : `${formatBytes(-left)} over`;
  return has === null && needed !== null ? `needs ${formatBytes(needed)}` : 'unknown';
}

/** A device’s row: its id, what flash and RAM say, and what the RAM is needed for. */
export function fitCells({ device, flash, ram, ramOf }: DeviceFit): [string, string, string, string] {
  return [device, roomText(flash), roomText(ram), ramOf];
}

/** On the device or on a server, as rows of a table. */
export function serverRows({
  assumed,
  inputBytes,
  sendMs,
  deviceMs,
  serverMs,
}: ServerComparison): [string, string, string][] {
  return [
    ['sends', 'nothing', `${formatBytes(inputBytes)} a run`],
    [
      'one run',
      deviceMs === null ? 'not measured' : formatMs(deviceMs),
      serverMs === null ? UNKNOWN : formatMs(serverMs),
    ],
    [
      'of that on the way',
      '',
      sendMs === null ? UNKNOWN : `${formatMs(sendMs)} sending + ${formatMs(assumed.roundTrip)} round trip`,
    ],
    ['works without a network', 'yes', 'no'],
    ['data stay on the device', 'yes', 'no'],
  ];
}

/** What the comparison with a server assumes, and what follows from it. */
export function serverSentence({ assumed, breakEvenMs }: ServerComparison): string {
  const { uplink, roundTrip, faster } = assumed;
  const assumes = `Assumed: ${uplink / 1_000_000} Mbit/s to the server, ${roundTrip} ms there and back, a server ${faster} times as fast.`;
  return breakEvenMs === null
    ? assumes
    : `${assumes} A run of more than ${formatMs(breakEvenMs)} on the device is faster there.`;
}
