import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { openModel } from '../formats';
import { importMeasurements } from '../jobs/importMeasurements';
import { csvLine } from '../protocol/csv';
import { IMPORTED_FILES, type ImportedProfile } from '../protocol/imported';
import { formatInteger, formatMs, formatPercent, UNKNOWN } from '../protocol/numbers';
import { printable } from '../protocol/printable';
import { type DimensionFlags, dimensionsOf, type OutputFlags } from './options';
import { facts, print, printJson, sections, terminalWidth } from './output';
import { tableLines } from './table';

export function addImportOptions(command: Command): void {
  command
    .optionsGroup('Measured elsewhere:')
    .addOption(
      new Option(
        '--import <file>',
        `run nothing, and lay what the file says over the model: ${IMPORTED_FILES} (not Xcode’s .mlperf, whose format is not published)`,
      ).conflicts(['trace', 'data', 'device']),
    )
    .option('--name <device>', 'what the device of --import is called, such as "Pixel 8"');
}

export async function runImport(
  model: string,
  source: string,
  flags: DimensionFlags & OutputFlags & { name?: string },
): Promise<void> {
  const file = openModel(model);
  try {
    const report = importMeasurements(file, {
      choice: dimensionsOf(flags),
      source,
      name: flags.name ?? null,
    });
    if (flags.json) await printJson(report);
    else await print(flags.csv ? csvOf(report) : describe(report));
  } finally {
    file.close();
  }
}

function* csvOf({ layers, others }: ImportedProfile): Generator<string> {
  yield csvLine(['name', 'op', 'latency_ms', 'share', 'fused_into']);
  for (const { name, op, ms, share, fusedInto } of layers) yield csvLine([name, op, ms, share, fusedInto]);
  for (const { name, op, ms, share, kind } of others)
    yield csvLine([name, op, ms, share, kind === 'engine' ? 'added by the engine' : 'not attributed']);
}

function describe(report: ImportedProfile): Iterable<string> {
  const { device, engine, threads, latencyMs, runs, tool, source, unattributed } = report;
  return sections([
    `${printable(basename(report.file))}, ${printable(device.name)}: ${printable(engine)}\n`,
    layerTable(report),
    facts([
      ['latency', latencyMs === null ? UNKNOWN : `${formatMs(latencyMs.value)}, ${latencyMs.statistic}`],
      [
        'fastest, slowest',
        latencyMs === null ? null : `${formatMs(latencyMs.min)}, ${formatMs(latencyMs.max)}`,
      ],
      ['runs', runs === null ? UNKNOWN : formatInteger(runs)],
      ['threads', threads === null ? UNKNOWN : formatInteger(threads)],
      ['measured by', `${tool} (${basename(source)})`],
      ['not attributed', unattributed === 0 ? null : `${unattributed} of its rows`],
    ]),
    report.notes.map((note) => `Note: ${printable(note)}\n`).join(''),
  ]);
}

/** null: the file says nothing of operators. */
function layerTable({ layers, others, rowStatistic }: ImportedProfile): Iterable<string> | null {
  if (layers.length === 0) return null;
  const cells = ({ name, op, ms, share }: Pick<(typeof others)[number], 'name' | 'op' | 'ms' | 'share'>) => [
    name,
    op,
    ms === null ? '' : formatMs(ms),
    share === null ? '' : formatPercent(share),
  ];
  return tableLines(
    [
      { title: 'layer', flexible: true },
      { title: 'operator', flexible: true },
      { title: rowStatistic, align: 'right' },
      { title: 'share', align: 'right' },
      { title: '', flexible: true },
    ],
    [
      ...layers.map((layer) => [
        ...cells(layer),
        layer.ms !== null ? '' : layer.fusedInto === undefined ? UNKNOWN : `→ ${layer.fusedInto}`,
      ]),
      ...others.map((row) => [
        ...cells({ ...row, name: `${row.kind === 'engine' ? '+' : '?'} ${row.name}` }),
        row.kind === 'engine' ? 'added by the engine' : 'not attributed',
      ]),
    ],
    terminalWidth(),
  );
}
