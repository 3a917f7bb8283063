import type { Command } from 'commander';
import type { DeviceReport, DevicesReport } from '../protocol/devices';
import { UNKNOWN } from '../protocol/numbers';
import { printable } from '../protocol/printable';
import { addProgramOptions, type ProgramFlags, programsOf } from './deviceOptions';
import { runWithProgress } from './job';
import { print, printJson, terminalWidth } from './output';
import { renderTable } from './table';

export function addDevices(program: Command): void {
  const command = program
    .command('devices')
    .summary('list where models can be measured: this computer, Android phones, boards')
    .description('Lists this computer, the Android phones that adb knows, and the boards that are named.')
    .argument('[boards...]', 'Linux boards to ask: ssh:user@host');
  addProgramOptions(command);
  command
    .option('--json', 'print everything as JSON (see docs/json.md)')
    .addHelpText(
      'after',
      `
Examples:
  caliper devices
  caliper devices ssh:pi@raspberrypi.local --json
  caliper profile model.tflite --device adb --delegate gpu`,
    )
    .action(runDevices);
}

async function runDevices(boards: string[], flags: ProgramFlags & { json?: true }): Promise<void> {
  const report = await runWithProgress('devices', { boards }, { programs: programsOf(flags) });
  if (flags.json) return printJson(report);
  await print(describe(report));
}

function describe({ devices, problems }: DevicesReport): string {
  const columns = ['device', 'model', 'SoC', 'system', 'ABI', 'state'];
  const table = renderTable(
    columns.map((title) => ({ title, flexible: title !== 'device' })),
    devices.map((device) => [
      device.id,
      ...[device.model, device.soc, device.system, device.abi].map((text) => text ?? UNKNOWN),
      device.state,
    ]),
    terminalWidth(),
  );
  const said = [...devices.flatMap(({ problem }) => problem ?? []), ...problems];
  return [table, ...said.map((problem) => `${printable(problem)}\n`)].join('\n');
}

/** A device in a sentence: its name, and what is known of it. */
export function describeDevice({ name, id, soc, system }: DeviceReport): string {
  const known = [id === name ? null : id, soc, system].filter((text) => text !== null);
  return known.length === 0 ? name : `${name} (${known.join(', ')})`;
}
