import { ModelError } from '../../model/modelError';
import { type DeviceReport, type DevicesReport, SSH_PREFIX } from '../../protocol/devices';
import { CONTRACT_VERSION } from '../../protocol/reports';
import { Adb, describePhone, findAdb, type ListedDevice, reportedState, stateProblem } from './adb';
import { describeBoard, removeLeftoversOfBoard } from './board';
import type { DeviceContext } from './deviceContext';
import { removeLeftovers } from './phone';
import { checkAddress, SshClient } from './sshClient';
import { thisComputer } from './thisComputer';

/** This computer, what adb knows, and these boards (`ssh:user@host`), each asked what it is. */
export async function listDevices(boards: readonly string[], context: DeviceContext): Promise<DevicesReport> {
  const problems: string[] = [];
  const [phones, others] = await Promise.all([
    listPhones(context).catch((error: unknown): DeviceReport[] => {
      if (!(error instanceof ModelError)) throw error;
      problems.push(error.message);
      return [];
    }),
    Promise.all(boards.map((id) => listBoard(id, context))),
  ]);
  return { version: CONTRACT_VERSION, devices: [thisComputer(), ...phones, ...others], problems };
}

async function listPhones(context: DeviceContext): Promise<DeviceReport[]> {
  const adb = new Adb(findAdb(context.programs), context.signal);
  const devices = await adb.devices();
  return Promise.all(devices.map((device) => listPhone(adb, device, context)));
}

async function listPhone(adb: Adb, device: ListedDevice, context: DeviceContext): Promise<DeviceReport> {
  const problem = stateProblem(device);
  if (problem === null) {
    await removeLeftovers(adb, device.serial, context);
    return (await describePhone(adb, device)).report;
  }
  const unknown = { soc: null, system: null, abi: null };
  const { serial, model } = device;
  return {
    id: serial,
    kind: 'adb',
    name: model ?? serial,
    model,
    ...unknown,
    state: reportedState(device),
    problem,
  };
}

async function listBoard(id: string, context: DeviceContext): Promise<DeviceReport> {
  const address = id.startsWith(SSH_PREFIX) ? id.slice(SSH_PREFIX.length) : id;
  const unknown = { model: null, soc: null, system: null, abi: null };
  const report = { id: `${SSH_PREFIX}${address}`, kind: 'ssh' as const, name: address, ...unknown };
  try {
    const ssh = new SshClient(checkAddress(address), context.signal);
    const board = await describeBoard(ssh, context.programs);
    await removeLeftoversOfBoard(ssh, context);
    return board.report;
  } catch (error) {
    if (!(error instanceof ModelError)) throw error;
    return { ...report, state: 'unreachable', problem: error.message };
  }
}
