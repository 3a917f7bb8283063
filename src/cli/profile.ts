import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { analyze } from '../analysis/inspect';
import { roofline } from '../analysis/roofline';
import { openModel } from '../formats';
import { TooBusyError, UsageError } from '../model/modelError';
import { countedRuns } from '../protocol/countedRuns';
import { csvLine } from '../protocol/csv';
import { otherDevice } from '../protocol/deviceNames';
import type { DeviceConditions } from '../protocol/devices';
import { formatMs, UNKNOWN } from '../protocol/numbers';
import { printable } from '../protocol/printable';
import type { Latency, ProfileReport } from '../protocol/reports';
import type { RooflineReport } from '../protocol/roofline';
import { adviceText } from './adviceText';
import { programsOf } from './deviceOptions';
import { describeDevice } from './devices';
import { findingsOf } from './findings';
import { addImportOptions, runImport } from './importing';
import { runWithProgress } from './job';
import { dimensionsOf, liteRtOf } from './options';
import { facts, print, printJson, terminalWidth } from './output';
import { PROFILE_FIGURE, PROFILE_KEYS, profileRows, profileTable } from './profileTable';
import { rooflineSection } from './rooflineText';
import { addRunOptions, type RunFlags, runOptionsOf } from './running';
import { addSortOptions, type SortFlags } from './sorting';

type Flags = RunFlags &
  SortFlags & {
    roofline?: boolean;
    trace?: string;
    signature?: string;
    import?: string;
    name?: string;
  };

export function addProfile(program: Command): void {
  const command = program
    .command('profile')
    .summary('measure how long the model and every layer take, here or on another device')
    .description(
      'Runs the model on this computer or another device, and shows its latency and how it is shared among the layers.',
    )
    .argument('<model>', 'model file');
  addRunOptions(command, 'inputs to run on, random ones unless given', (options) =>
    options
      .option(
        '--roofline',
        'what each layer reaches of what this computer can, and whether memory, computing or overhead bounds it',
      )
      .option('--trace <file>', 'save the trace of a run, which Perfetto and chrome://tracing open')
      .option('--signature <name>', 'which of the signatures that the model names (default: its main graph)'),
  );
  addSortOptions(command, PROFILE_KEYS, PROFILE_FIGURE);
  addImportOptions(command);
  command
    .addHelpText(
      'after',
      `
Examples:
  caliper profile model.onnx --threads 4
  caliper profile model.onnx --top 10
  caliper profile model.tflite --device adb --benchmark-model benchmark_model
  caliper profile model.onnx --shape input=1,3,480,640 --trace run.json
  caliper profile model.tflite --import benchmark.txt --name "Pixel 8"

The latency is the median over fresh sessions, after warming up; the interval is that of the median (95 %).`,
    )
    .action(runProfile);
}

async function runProfile(model: string, flags: Flags): Promise<void> {
  if (flags.import !== undefined) return runImport(model, flags.import, flags);
  if (flags.name !== undefined) throw new UsageError('--name says what the device of --import is called.');
  const report = await runWithProgress(
    'profile',
    {
      model,
      ...runOptionsOf(flags),
      trace: flags.trace ?? null,
      ...(flags.signature === undefined ? {} : { signature: flags.signature }),
    },
    { programs: programsOf(flags), litert: liteRtOf(flags) },
  );
  const measured = flags.roofline ? { ...report, roofline: await rooflineOf(model, flags, report) } : report;
  if (flags.json) return printJson(measured);
  if (flags.csv) return print(csvOf(measured, flags));
  await print(describe(measured, flags, adviceOf(model, flags, report)));
  if (measured.roofline) await print(rooflineSection(measured.roofline, terminalWidth()));
}

/** Ceilings are measured with the first profile on this computer, where the computer is not too busy for it. */
async function rooflineOf(model: string, flags: Flags, profile: ProfileReport): Promise<RooflineReport> {
  const options = { model, threads: profile.threads, ...dimensionsOf(flags) };
  const reach = { programs: programsOf(flags), litert: liteRtOf(flags) };
  const file = openModel(model);
  try {
    const analysis = analyze(file, dimensionsOf(flags));
    if (otherDevice(profile) !== null) return roofline(analysis, profile, null);
    const ceilings = await runWithProgress('ceilings', options, reach).catch((error: unknown) => {
      if (!(error instanceof TooBusyError)) throw error;
      return error.message;
    });
    if (typeof ceilings !== 'string') return roofline(analysis, profile, ceilings);
    return { ...roofline(analysis, profile, null), unknown: ceilings };
  } finally {
    file.close();
  }
}

function adviceOf(model: string, flags: Flags, profile: ProfileReport): string {
  const file = openModel(model);
  try {
    const analysis = analyze(file, dimensionsOf(flags));
    const names = analysis.rows.map(({ name }) => name);
    return adviceText(findingsOf(file, analysis, profile), model, names);
  } finally {
    file.close();
  }
}

function* csvOf(report: ProfileReport, flags: SortFlags): Generator<string> {
  yield csvLine(['name', 'op', 'latency_ms', 'share', 'fused_into', 'mark']);
  for (const { name, op, medianMs, share, fusedInto, mark, isAdded } of profileRows(report, flags))
    yield csvLine([name, op, medianMs, share, isAdded ? 'added by the engine' : fusedInto, mark]);
}

function describe(report: ProfileReport, flags: Flags, advice: string): string {
  const { device } = report;
  const { trace } = flags;
  return [
    `${printable(basename(report.file))} on ${printable(report.engine)}\n`,
    profileTable(report, terminalWidth(), flags),
    facts([
      ['latency', describeLatency(report.latencyMs)],
      [
        '90th percentile',
        report.latencyMs.p90 === null
          ? null
          : `${formatMs(report.latencyMs.p90)}${report.latencyMs.unsteady ? ', far above the median: the computer did not stay the same' : ''}`,
      ],
      [
        'runs',
        `${countedRuns(report.latencyMs) ?? report.runs}, ${report.threads} ${report.threads === 1 ? 'thread' : 'threads'}, ${report.cpu}`,
      ],
      ['device', device === undefined || device.kind === 'computer' ? null : describeDevice(device)],
      ['warmth', describeConditions(report)],
      ['inputs', report.inputs],
      ['signature', report.signature ?? null],
      ['library', report.engines?.find(({ library }) => library !== undefined)?.library ?? null],
      [
        'profile',
        report.profileFactor === null
          ? null
          : `${howTimed(report)}the rows add up to ${report.profileFactor.toFixed(2)} of the latency${isUnscaled(report) ? '' : ', to which they are scaled'}`,
      ],
      ['trace', trace !== undefined && existsSync(trace) ? trace : null],
    ]),
    ...(report.notes ?? []).map((note) => `Note: ${printable(note)}\n`),
    ...(advice === '' ? [] : [advice]),
  ].join('\n');
}

/** How warm and fast a phone was, before and after. */
function describeConditions({ conditions }: ProfileReport): string | null {
  if (conditions === undefined) return null;
  const { before, after } = conditions;
  const change = (what: string, unit: string, of: (one: DeviceConditions) => number | null) =>
    of(before) === null && of(after) === null
      ? []
      : [`${what} ${of(before) ?? UNKNOWN} → ${of(after) ?? UNKNOWN} ${unit}`];
  const fastest = ({ frequencies }: DeviceConditions) =>
    frequencies === null ? null : Math.max(...frequencies);
  const parts = [
    ...change('battery', '°C', (one) => one.batteryTemperature),
    ...change('CPU', '°C', (one) => one.cpuTemperature),
    ...change('fastest core', 'MHz', fastest),
    ...((after.thermalStatus ?? 0) > 0 ? ['the phone slows itself down because it is hot'] : []),
  ];
  return parts.join(', ') || null;
}

function howTimed({ method }: ProfileReport): string {
  return method === 'own profile' ? "the engine's own; " : '';
}

function isUnscaled({ layers, added }: ProfileReport): boolean {
  return [...layers, ...added].some(({ mark }) => mark === 'unscaled');
}

export function describeLatency({ median, ci95: [low, high] }: Latency): string {
  return `${formatMs(median)} (${formatMs(low).replace(' ms', '')} to ${formatMs(high)})`;
}
