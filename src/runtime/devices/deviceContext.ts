import type { DevicePrograms } from '../../protocol/devices';

/** What measuring on a device needs of the process that it runs in. */
export interface DeviceContext {
  readonly programs: DevicePrograms;
  /** A folder where facts about this computer are remembered. */
  readonly memory: string;
  /** Aborted when nobody waits for the result any more; what was put on the device is removed then. */
  readonly signal: AbortSignal;
  /** Tells that there is something on a device that must be removed before this process ends, and later that it is. */
  hold(holding: boolean): void;
  log(line: string): void;
}

/** Removing takes this long at most: nobody waits longer after cancelling, and the note of the folder stays. */
export const REMOVE_MS = 8000;
