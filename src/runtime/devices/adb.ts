import { join } from 'node:path';
import { reason } from '../../files/systemError';
import { ModelError, UsageError } from '../../model/modelError';
import type { DevicePrograms, DeviceReport } from '../../protocol/devices';
import { canRun, type Ended, findProgram, runProgram, searchPath } from './program';
import { shellLine } from './shellWords';

/** A question to adb or the phone; the first one starts adb's server. */
const QUICK_MS = 30_000;
/** Gigabytes over USB 2 take minutes. */
const PUSH_MS = 30 * 60_000;

/** A line of `adb devices -l`. */
export interface ListedDevice {
  readonly serial: string;
  /** `device`, `unauthorized`, `offline`, `no permissions`, … */
  readonly state: string;
  /** As adb knows it, with `_` for spaces. */
  readonly model: string | null;
}

const INSTALL = 'install Android’s platform tools, or name adb by --adb or the setting caliper.adb';

/** @throws ModelError with a sentence where there is none */
export function findAdb({ adb }: DevicePrograms): string {
  if (adb !== null) {
    if (canRun(adb)) return adb;
    throw new ModelError(
      `${adb} is no program that can be run: name adb by --adb or the setting caliper.adb.`,
    );
  }
  const sdks = [process.env['ANDROID_HOME'], process.env['ANDROID_SDK_ROOT']];
  const tools = sdks.flatMap((sdk) => (sdk ? [join(sdk, 'platform-tools')] : []));
  const found = findProgram('adb', [...searchPath(), ...tools]);
  if (found === null) throw new ModelError(`adb, which reaches Android phones, was not found: ${INSTALL}.`);
  return found;
}

/** Android's debug bridge as a program: what it lists, and what is asked of one phone. */
export class Adb {
  constructor(
    private readonly program: string,
    private readonly signal: AbortSignal,
  ) {}

  /** The same for work that goes on after the signal. */
  with(signal: AbortSignal): Adb {
    return new Adb(this.program, signal);
  }

  /** @throws ModelError where adb does not answer */
  async devices(): Promise<ListedDevice[]> {
    const ended = await this.run(['devices', '-l'], QUICK_MS);
    if (ended.status !== 0)
      throw new ModelError(`adb does not work (${lastLine(ended)}): try “adb kill-server” and then again.`);
    return listed(ended.stdout);
  }

  /** Runs a command line of the phone's shell. */
  async shell(serial: string, line: string, limitMs = QUICK_MS): Promise<Ended> {
    return this.run(['-s', serial, 'shell', line], limitMs);
  }

  async push(serial: string, file: string, target: string): Promise<Ended> {
    return this.run(['-s', serial, 'push', file, target], PUSH_MS);
  }

  private async run(words: readonly string[], limitMs: number): Promise<Ended> {
    try {
      return await runProgram(this.program, words, { signal: this.signal, limitMs });
    } catch (error) {
      if (this.signal.aborted) throw error;
      throw new ModelError(`${this.program} does not start: ${reason(error)}; ${INSTALL}.`, {}, error);
    }
  }
}

/** What `adb devices -l` prints, without what it says of its server. */
export function listed(text: string): ListedDevice[] {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('List of devices'));
  return lines.slice(start + 1).flatMap((line): ListedDevice[] => {
    const [, serial, rest] = /^(\S+)\s+(.+)$/.exec(line) ?? [];
    if (serial === undefined || rest === undefined || line.startsWith('*')) return [];
    const state = rest.startsWith('no permissions') ? 'no permissions' : (rest.split(/\s/)[0] ?? '');
    return [{ serial, state, model: /\bmodel:(\S+)/.exec(rest)?.[1]?.replaceAll('_', ' ') ?? null }];
  });
}

/** Why a phone in this state cannot be used and what to do; null: it can. */
export function stateProblem({ serial, state }: ListedDevice): string | null {
  switch (state) {
    case 'device':
      return null;
    case 'unauthorized':
    case 'authorizing':
      return `${serial} does not trust this computer yet: unlock it and allow USB debugging there.`;
    case 'offline':
    case 'connecting':
      return `${serial} is offline: plug it in again, or restart it.`;
    case 'no permissions':
      return `adb may not open ${serial}: give your user the right to USB devices (udev rules of Android), and plug it in again.`;
    default:
      return `${serial} is in the state “${state}”: start Android on it.`;
  }
}

/** What adb says of a phone, as reports have it. */
export function reportedState({ state }: ListedDevice): DeviceReport['state'] {
  if (state === 'device') return 'ready';
  return state === 'unauthorized' || state === 'authorizing' ? 'unauthorized' : 'offline';
}

/**
 * The phone that is meant: by its serial number, else the only one.
 *
 * @param serial '' stands for the only one
 * @throws UsageError where it is not clear which, ModelError where there is none that can be used
 */
export function choosePhone(devices: readonly ListedDevice[], serial: string): ListedDevice {
  const known = devices.map((device) => device.serial).join(', ');
  if (serial === '' && devices.length > 1)
    throw new UsageError(`Several devices are connected (${known}): name one by --device.`);
  const chosen = serial === '' ? devices[0] : devices.find((device) => device.serial === serial);
  if (chosen === undefined) {
    const which = serial === '' ? 'No device is' : `The device ${serial} is not`;
    const others = known === '' ? '' : ` (connected: ${known})`;
    throw new ModelError(
      `${which} connected to adb${others}: plug it in, and allow USB debugging in its developer options.`,
    );
  }
  const problem = stateProblem(chosen);
  if (problem !== null) throw new ModelError(problem);
  return chosen;
}

const QUESTIONS = [
  ...['ro.product.model', 'ro.soc.model', 'ro.build.version.release', 'ro.product.cpu.abi'],
  ...['ro.product.cpu.abilist', 'ro.board.platform'],
] as const;

export interface Phone {
  readonly report: DeviceReport;
  /** What its programs may be built for, the best first. */
  readonly abis: readonly string[];
}

/** Asks a phone what it is. What it does not say is unknown. */
export async function describePhone(adb: Adb, device: ListedDevice): Promise<Phone> {
  const { serial } = device;
  const line = QUESTIONS.map((property) => shellLine(['getprop', property])).join('; ');
  const { stdout } = await adb.shell(serial, line);
  const answers = stdout.split('\n').map((answer) => answer.trim() || null);
  const [model = null, soc = null, android = null, abi = null, abis = null, board = null] = answers;
  return {
    report: {
      id: serial,
      kind: 'adb',
      name: model ?? device.model ?? serial,
      model: model ?? device.model,
      soc: soc ?? board,
      system: android === null ? null : `Android ${android}`,
      abi,
      state: 'ready',
    },
    abis: (abis ?? abi ?? '').split(',').filter((one) => one !== ''),
  };
}

/** What a program said last, for a sentence. */
export function lastLine({ stdout, stderr, status }: Ended): string {
  const lines = `${stdout}\n${stderr}`.split('\n').map((line) => line.trim());
  return (lines.findLast((line) => line !== '') ?? `status ${status}`).replace(/\.$/, '');
}
