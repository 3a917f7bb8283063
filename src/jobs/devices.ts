import type { JobContext } from '../evaluation/jobContext';
import { present } from '../model/assert';
import type { DevicesReport } from '../protocol/devices';
import { listDevices } from '../runtime/devices/listDevices';

/** This computer, the phones that adb knows, and boards by their addresses. */
export function run(
  { boards }: { boards: readonly string[] },
  { devices }: JobContext,
): Promise<DevicesReport> {
  return listDevices(boards, present(devices, 'way to devices'));
}
