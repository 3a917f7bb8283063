import { hostname, release, type } from 'node:os';
import { type DeviceReport, THIS_COMPUTER } from '../../protocol/devices';
import { cpuName } from '../cpuName';

/** The computer that the program runs on. */
export function thisComputer(): DeviceReport {
  return {
    id: THIS_COMPUTER,
    kind: 'computer',
    name: 'this computer',
    model: hostname(),
    soc: cpuName(),
    system: `${type()} ${release()}`,
    abi: process.arch,
    state: 'ready',
  };
}
