import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { compareFiles } from '../analysis/difference/compareFiles';
import { comparisonToMarkdown } from '../protocol/comparisonMarkdown';
import { comparisonLines } from '../protocol/csv';
import { printable } from '../protocol/printable';
import type { Comparison } from '../protocol/reports';
import { describeComparison } from './comparisonText';
import { runWithProgress } from './job';
import { dimensionsOf, liteRtOf } from './options';
import { print, printJson, sections } from './output';
import { addRunOptions, type RunFlags, runOptionsOf } from './running';

type Flags = RunFlags & { measure: boolean; run: boolean; md?: boolean; all?: boolean };

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .summary('compare two models: layers, weights, size, latency, outputs')
    .description(
      'Shows what differs between two models of any formats, layer by layer and weight by weight, and runs both alternately on the same inputs where they can be run.',
    )
    .argument('<before>', 'model file')
    .argument('<after>', 'model file');
  addRunOptions(command, 'inputs to compare the outputs on, random ones unless given', (options) =>
    options
      .option('--no-measure', 'measure no latency, but run both to compare what they give')
      .option('--no-run', 'run nothing: compare what the files say'),
  );
  command
    .option('--all', 'list layers without a difference too')
    .addOption(new Option('--md', 'print it as Markdown, for a pull request').conflicts(['json', 'csv']))
    .addHelpText(
      'after',
      `
Examples:
  caliper compare model.onnx model.int8.onnx --data photos --preset imagenet
  caliper compare model.onnx model.tflite --no-run
  caliper compare v1.onnx v2.onnx --no-measure --md > comment.md

Layers are matched by the name of their output, then by order, operator and shape. SQNR is the power of the outputs
(or of a weight) over that of their difference. "No difference measured" means that the interval of the latencies'
ratio touches 0.98 to 1.02.`,
    )
    .action(runCompare);
}

async function runCompare(before: string, after: string, flags: Flags): Promise<void> {
  const report = await compared(before, after, flags);
  const names = { beforeName: basename(before), afterName: basename(after) };
  if (flags.json) return printJson(report);
  if (flags.csv) return print(comparisonLines(report.layers));
  if (flags.md) return print(comparisonToMarkdown(report, names));
  const heading = `${printable(names.beforeName)} → ${printable(names.afterName)}\n`;
  await print(sections([heading, describeComparison(report, flags.all === true)]));
}

async function compared(before: string, after: string, flags: Flags): Promise<Comparison> {
  if (!flags.run) return compareFiles({ before, after, choice: dimensionsOf(flags) });
  return runWithProgress(
    'compare',
    { before, after, ...runOptionsOf(flags), measure: flags.measure },
    liteRtOf(flags),
  );
}
