import { type Command, Option } from 'commander';
import { UsageError } from '../model/modelError';
import {
  DELEGATES,
  type Delegate,
  type DeviceChoice,
  type DevicePrograms,
  SSH_PREFIX,
  THIS_COMPUTER,
} from '../protocol/devices';

/** Options of commands that reach other devices. */
export interface ProgramFlags {
  adb?: string;
  benchmarkModel?: string;
  remoteCaliper?: string;
}

export interface DeviceFlags extends ProgramFlags {
  device?: string;
  delegate?: Delegate;
}

export function addDeviceOptions(command: Command): void {
  command
    .optionsGroup('Measuring on another device (accuracy stays on this computer):')
    .option('--device <id>', 'serial of an Android phone, adb for the only one, or ssh:user@host')
    .addOption(
      new Option('--delegate <name>', 'what runs the model on a phone (default: xnnpack)').choices(DELEGATES),
    );
  addProgramOptions(command);
}

export function addProgramOptions(command: Command): void {
  command
    .option('--adb <file>', 'adb, if not on the PATH or in ANDROID_HOME')
    .option('--benchmark-model <file>', 'LiteRT’s benchmark_model, built for the phone')
    .option('--remote-caliper <path>', 'where caliper is on the board, if not on its PATH');
}

/** null: this computer. @throws UsageError for a delegate of something that is no phone */
export function deviceOf({ device, delegate }: DeviceFlags): DeviceChoice | null {
  const here = device === undefined || device === THIS_COMPUTER;
  if (delegate !== undefined && (here || device.startsWith(SSH_PREFIX)))
    throw new UsageError('--delegate says what runs a model on an Android phone: name one by --device.');
  return here ? null : { id: device, delegate: delegate ?? 'xnnpack' };
}

export function programsOf({ adb, benchmarkModel, remoteCaliper }: ProgramFlags): DevicePrograms {
  return {
    adb: adb ?? null,
    benchmarkModel: benchmarkModel ?? null,
    remoteCaliper: remoteCaliper === undefined ? {} : { '': remoteCaliper },
  };
}
