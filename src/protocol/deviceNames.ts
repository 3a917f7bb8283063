import type { Comparison, ProfileReport } from './reports';

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
