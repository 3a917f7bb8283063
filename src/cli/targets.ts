import { basename } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { analyze } from '../analysis/inspect';
import { openModel } from '../formats';
import { UNKNOWN } from '../protocol/numbers';
import { printable } from '../protocol/printable';
import { shortNames } from '../protocol/shortNames';
import type { TargetReport, TargetsReport } from '../protocol/targets';
import {
  countText,
  fitCells,
  placementSentence,
  serverRows,
  serverSentence,
  shareText,
  switchesText,
} from '../protocol/targetWords';
import { deviceProfile, deviceProfiles } from '../targets/devices/profiles';
import { ASSUMED } from '../targets/devices/server';
import { overview } from '../targets/overview';
import { targetOf, targets, targetsFor } from '../targets/targets';
import { addDimensionOptions, collect, type DimensionFlags, dimensionsOf } from './options';
import { print, printJson, sections, terminalWidth } from './output';
import { renderTable, tableLines } from './table';

interface TargetsFlags extends DimensionFlags {
  target?: string[];
  device?: string[];
  run?: number;
  uplink: number;
  roundTrip: number;
  faster: number;
  json?: boolean;
}

export function addTargets(program: Command): void {
  const command = program
    .command('targets')
    .summary('show where each layer would run when the model is deployed')
    .description(
      'Holds a model against what is public about deployment targets: which layers run there, which fall back and why, and whether it fits a device. Nothing is run.',
    )
    .argument('<model>', 'model file');
  command
    .addOption(
      oneOf(
        '--target <target>',
        'one target layer by layer; may be repeated (default: all, in short)',
        targets,
      ),
    )
    .addOption(
      oneOf('--device <device>', 'a device’s profile; may be repeated (default: all)', deviceProfiles),
    );
  command
    .optionsGroup('On the device or on a server:')
    .option('--run <ms>', 'what a run takes on the device, as measured', positive)
    .option('--uplink <Mbit/s>', 'from the device to the server', positive, ASSUMED.uplink / MEGA)
    .option('--round-trip <ms>', 'to the server and back', positive, ASSUMED.roundTrip)
    .option('--faster <times>', 'how many times as fast the server is', positive, ASSUMED.faster);
  addDimensionOptions(command);
  command
    .optionsGroup('Output:')
    .addOption(new Option('--json', 'print everything as JSON (see docs/json.md)'))
    .addHelpText(
      'after',
      `
Targets:
${targets.map(({ id, name, formats }) => `  ${id.padEnd(14)} ${name} (${formats.join(', ')})`).join('\n')}

Devices:
${deviceProfiles.map(({ id, name }) => `  ${id.padEnd(14)} ${name}`).join('\n')}

Examples:
  caliper targets model.tflite
  caliper targets model.tflite --target edgetpu
  caliper targets model.tflite --device esp32-s3 --run 120

What no public document says is unknown, and counts for nothing. Documents and days are in --json and behind --target.`,
    )
    .action(runTargets);
}

/** An option that may be repeated. Shells complete what it takes; wrong values are told of by what knows the right ones. */
function oneOf(flags: string, about: string, known: readonly { readonly id: string }[]): Option {
  return new Option(flags, about)
    .choices(known.map(({ id }) => id))
    .argParser((id: string, others: string[] = []) => collect(id, others));
}

const MEGA = 1_000_000;

function positive(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw new InvalidArgumentError('expected a number above 0.');
  }
  return value;
}

async function runTargets(model: string, flags: TargetsFlags): Promise<void> {
  const chosen = flags.target?.map(targetOf) ?? [];
  const devices = flags.device?.map((id) => deviceProfile(id)) ?? deviceProfiles;
  const file = openModel(model);
  try {
    const report = overview(file, analyze(file, dimensionsOf(flags)), {
      targets: chosen.length === 0 ? targetsFor(file) : chosen,
      devices,
      server: { uplink: flags.uplink * MEGA, roundTrip: flags.roundTrip, faster: flags.faster },
      runMs: flags.run ?? null,
    });
    if (flags.json) await printJson(report);
    else await print(describe(report, chosen.length > 0, terminalWidth()));
  } finally {
    file.close();
  }
}

/** What `targets` prints: each target in a line, or layer by layer where some were asked for. */
export function describe(report: TargetsReport, byLayer: boolean, width: number | null): Iterable<string> {
  const { file, targets: reports, devices, server } = report;
  return sections([
    `${printable(basename(file))} on ${reports.length} ${reports.length === 1 ? 'target' : 'targets'}\n`,
    ...(byLayer
      ? reports.flatMap((one) => targetSections(one, width))
      : [shortTable(reports, width), cautions(reports)]),
    renderTable(
      [
        { title: 'device', flexible: true },
        { title: 'flash' },
        { title: 'RAM' },
        { title: 'RAM of', flexible: true, spare: 0 },
      ],
      devices.map(fitCells),
      width,
    ),
    'Sizes of devices are all that they have: system, app and code need their part.\n',
    renderTable(
      [{ title: '' }, { title: 'on the device' }, { title: 'on a server' }],
      serverRows(server),
      width,
    ),
    `${serverSentence(server)}\n`,
  ]);
}

type OneTarget = TargetsReport['targets'][number];

function shortTable(reports: readonly OneTarget[], width: number | null): string {
  return renderTable(
    [
      { title: 'target' },
      { title: 'name', flexible: true, spare: 0 },
      { title: 'layers', align: 'right' },
      { title: 'MACs', align: 'right' },
      { title: 'unknown', align: 'right' },
      { title: 'switches', align: 'right' },
      { title: 'rules' },
    ],
    reports.map((one) => [
      one.target,
      one.targetName,
      countText(one),
      shareText(one),
      one.summary === undefined ? '' : String(one.summary.unknown),
      switchesText(one).replace(' as far as known', ''),
      rulesText(one),
    ]),
    width,
  );
}

/** `2 fail`, `ok`. */
function rulesText({ rules }: Pick<TargetReport, 'rules'>): string {
  const count = (wanted: string) => rules.filter(({ status }) => status === wanted).length;
  const [failed, open] = [count('fail'), count('unknown')];
  if (rules.length === 0) return '';
  return (
    [...(failed > 0 ? [`${failed} fail`] : []), ...(open > 0 ? [`${open} unknown`] : [])].join(', ') ||
    'all pass'
  );
}

function cautions(reports: readonly OneTarget[]): string {
  return reports
    .filter(({ targetName }) => targetName.includes('deprecated'))
    .map(({ target, caution = '' }) => `${target}: ${caution}\n`)
    .join('');
}

function* named(report: OneTarget, width: number | null): Generator<string> {
  const shown = (report.layers ?? []).filter(({ where }) => where !== 'constant');
  const names = width === null ? null : shortNames(shown.map(({ name }) => name));
  yield* tableLines(
    [
      { title: 'layer', flexible: true, tag: (place) => `#${shown[place]?.id ?? place}` },
      { title: 'operator', flexible: true },
      { title: 'where' },
      { title: 'rule' },
      { title: 'why', flexible: true },
    ],
    {
      *[Symbol.iterator]() {
        for (const { name, op, where, rule = '', reason = '' } of shown) {
          yield [names?.short(name) ?? name, op, where, rule, reason];
        }
      },
    },
    width,
  );
}

function targetSections(report: OneTarget, width: number | null): (Iterable<string> | null)[] {
  const { targetName, caution, sources, rules, layers, changes = [], memory } = report;
  const full = { ...report, version: 1, file: '' };
  return [
    [
      `${targetName}: ${placementSentence(full)}`,
      ...(layers === null ? [] : [`MACs that run there: ${shareText(report)}`]),
      ...(memory === undefined
        ? []
        : [
            `Arena in RAM: ${memory.bytes === null ? UNKNOWN : `${memory.bytes.toLocaleString('en-US')} bytes`}`,
          ]),
      ...(caution === undefined ? [] : [caution]),
      ...sources.map(
        ({ title, version, looked, url }) => `From ${title} (${version}; looked at on ${looked}): ${url}`,
      ),
    ]
      .map((line) => `${printable(line)}\n`)
      .join(''),
    rules.length === 0
      ? null
      : renderTable(
          [
            { title: 'status' },
            { title: 'rule' },
            { title: 'asks for', flexible: true },
            { title: 'found', flexible: true },
          ],
          rules.map(({ status, rule, title, reason }) => [status, rule, title, reason]),
          width,
        ),
    layers === null ? null : named(report, width),
    changes.length === 0
      ? null
      : `What to change\n${changes
          .map(({ fix, layers: count, ops }) => `${printable(`${fix} (${count} × ${ops.join(', ')})`)}\n`)
          .join('')}`,
  ];
}
