import { THIS_COMPUTER } from './devices';
import type { Comparison, ProfileReport } from './reports';

/** Devices of which a model's profiles are kept side by side: more columns nobody compares. */
const MOST_DEVICES = 5;

/** What was measured on other devices than the latest profile, the latest first; one of each. */
export function besideProfile(
  latest: ProfileReport,
  earlier: readonly (ProfileReport | null)[],
): ProfileReport[] {
  const taken = new Set([deviceId(latest)]);
  const kept: ProfileReport[] = [];
  for (const profile of earlier) {
    if (profile === null || taken.has(deviceId(profile))) continue;
    taken.add(deviceId(profile));
    kept.push(profile);
  }
  return kept.slice(0, MOST_DEVICES - 1);
}

/** Reports of earlier versions are all of this computer. */
export function deviceId({ device }: Pick<ProfileReport, 'device'>): string {
  return device?.id ?? THIS_COMPUTER;
}

/** Where latencies were measured, in words; null: on the computer that the program ran on. */
export function otherDevice({ device }: Pick<ProfileReport, 'device'>): string | null {
  return device === undefined || device.kind === 'computer' ? null : device.name;
}

/** What measured latencies that are not of this computer, for a list of conditions; null: they are. */
export function latencyConditions({ device, latencyMs }: Comparison): string | null {
  if (device === undefined || latencyMs === null) return null;
  const threads = device.threads === 1 ? '1 thread' : `${device.threads} threads`;
  return `latency on ${[device.name, device.soc, device.system].filter((part) => part !== null).join(', ')}: ${device.engine}, ${threads}`;
}
