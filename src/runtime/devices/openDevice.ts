import { UsageError } from '../../model/modelError';
import { type DeviceChoice, SSH_PREFIX } from '../../protocol/devices';
import { openBoard } from './board';
import type { DeviceContext } from './deviceContext';
import type { Device } from './measurement';
import { openPhone } from './phone';

/**
 * Finds the device that is meant, asks it what it is, and removes what was left on it before.
 *
 * @throws UsageError for an address that is none, ModelError with what to do where it cannot measure
 */
export async function openDevice(choice: DeviceChoice, context: DeviceContext): Promise<Device> {
  if (choice.id.startsWith(SSH_PREFIX)) return openBoard(choice.id, context);
  if (choice.id.startsWith('-')) throw new UsageError(`“${choice.id}” is no serial number of a device.`);
  return openPhone(choice, context);
}
