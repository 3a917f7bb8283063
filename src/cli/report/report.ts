import { readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { compareFiles } from '../../analysis/difference/fileDifferences';
import { placeText } from '../../files/place';
import { openModel } from '../../formats';
import { inputFiles } from '../../formats/inputFiles';
import { present } from '../../model/assert';
import { UsageError } from '../../model/modelError';
import { comparisonsOf } from '../../protocol/modelTables';
import { formatBytes, formatInteger } from '../../protocol/numbers';
import { printable } from '../../protocol/printable';
import type { ReportData, ReportIcons } from '../../protocol/reportFile';
import { addDimensionOptions, type DimensionFlags, dimensionsOf } from '../options';
import { print } from '../output';
import { readMeasured } from './measuredFile';
import { comparisonData, MAX_DETAILED, modelData } from './reportData';
import { reportHtml } from './reportHtml';

interface Flags extends DimensionFlags {
  output: string;
  from?: string;
}

export function addReport(program: Command): void {
  const command = program
    .command('report')
    .summary('write the page of a model or of several as one HTML file')
    .description(
      'Writes the page that the editor shows as one HTML file, for a pull request or a colleague: it needs neither the editor nor the network nor the models. Nothing is run.',
    )
    .argument('[models...]', 'model file; two are compared, more have a column each')
    .requiredOption('-o, --output <file>', 'where to write; an older file is replaced')
    .option('--from <file>', 'measurements to show: what profile, compare or quantize printed by --json');
  addDimensionOptions(command);
  command
    .addHelpText(
      'after',
      `
Examples:
  caliper report model.onnx -o model.html
  caliper profile model.onnx --json > profile.json
  caliper report model.onnx --from profile.json -o model.html
  caliper report float.onnx int8.onnx -o comparison.html
  caliper report float.onnx int8.onnx float16.onnx -o board.html
  caliper compare float.onnx int8.onnx --json > measured.json
  caliper report --from measured.json -o measured.html

The file holds names, shapes and figures of the layers, no weights and no paths of this computer.`,
    )
    .action(runReport);
}

async function runReport(models: string[], flags: Flags): Promise<void> {
  const data = dataOf(models, flags);
  const page = join(__dirname, 'page');
  const html = reportHtml({
    title: titleOf(data),
    script: readFileSync(join(page, 'report.js'), 'utf8'),
    icons: readIcons(page),
    data,
  });
  placeText([html], flags.output, [
    ...models.flatMap(filesOf),
    ...(flags.from === undefined ? [] : [flags.from]),
  ]);
  await print(`${printable(flags.output)}: ${formatBytes(statSync(flags.output).size)}\n${leftOut(data)}`);
}

function dataOf(models: readonly string[], flags: Flags): ReportData {
  const choice = dimensionsOf(flags);
  const [first, ...others] = models;
  const measured = flags.from === undefined ? null : readMeasured(flags.from);
  if (measured?.kind === 'comparison') {
    if (models.length > 0)
      throw new UsageError('--from holds a comparison, which names its models: give none besides.');
    return comparisonData(comparisonsOf(measured.report));
  }
  if (first === undefined) throw new UsageError('Give a model, or a comparison by --from.');
  if (others.length === 0) return modelData(first, choice, measured?.report ?? null);
  if (measured !== null) throw new UsageError('--from holds a profile: give the one model that it is of.');
  const [second, ...rest] = others;
  const compared = (after: string) => compareFiles({ before: first, after, choice });
  return comparisonData([compared(present(second, 'second')), ...rest.map(compared)]);
}

/** Files of a model, which no report replaces. */
function filesOf(path: string): string[] {
  const file = openModel(path);
  try {
    return [resolve(path), ...inputFiles(file)];
  } finally {
    file.close();
  }
}

function titleOf(data: ReportData): string {
  if (data.page === 'model') return data.opened.fileName;
  if (data.page === 'board') return data.board.models.map(({ name }) => name).join(', ');
  const { beforeName, afterName } = data.comparison;
  return `${beforeName} → ${afterName}`;
}

/** The style sheet of the icons; its font is given to the page beside it. */
export function readIcons(folder: string): ReportIcons {
  return {
    css: readFileSync(join(folder, 'codicon.css'), 'utf8').replace(/@font-face\s*\{[^}]*\}/, ''),
    font: readFileSync(join(folder, 'codicon.ttf')).toString('base64'),
  };
}

function leftOut(data: ReportData): string {
  return data.page === 'model' && data.details.length < data.rows.length
    ? `Without details: the model has more than ${formatInteger(MAX_DETAILED)} layers.\n`
    : '';
}
