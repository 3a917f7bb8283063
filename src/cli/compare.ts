import { basename } from 'node:path';
import type { Command } from 'commander';
import { comparisonToCsv } from '../protocol/csv';
import { describeComparison } from './comparisonText';
import { runWithProgress } from './job';
import {
  addDataOptions,
  addDimensionOptions,
  addMeasureOptions,
  addOutputOptions,
  addPreprocessingOptions,
  type DataFlags,
  type DimensionFlags,
  dataOf,
  dimensionsOf,
  type MeasureFlags,
  measureOf,
  type OutputFlags,
} from './options';
import { print, printJson } from './output';
import { type PreprocessingFlags, preprocessingOf } from './preprocessing';

type Flags = DimensionFlags &
  MeasureFlags &
  DataFlags &
  PreprocessingFlags &
  OutputFlags & { measure: boolean };

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .summary('compare two models: size, latency, outputs, layer by layer')
    .description('Runs two models alternately on the same inputs, and shows what differs, layer by layer.')
    .argument('<before>', 'model file')
    .argument('<after>', 'model file with the same inputs');
  addMeasureOptions(command);
  command.option('--no-measure', 'compare sizes and outputs only, and measure no latency');
  addDimensionOptions(command);
  addDataOptions(command, 'inputs to compare the outputs on, random ones unless given');
  addPreprocessingOptions(command);
  addOutputOptions(command, 'the layers');
  command
    .addHelpText(
      'after',
      `
Examples:
  caliper compare model.onnx model.int8.onnx --data photos --preset imagenet
  caliper compare v1.onnx v2.onnx --no-measure --json

SQNR is the power of the outputs over that of their difference. "No difference measured" means that the interval
of the latencies' ratio touches 0.98 to 1.02.`,
    )
    .action(runCompare);
}

async function runCompare(before: string, after: string, flags: Flags): Promise<void> {
  const report = await runWithProgress('compare', {
    before,
    after,
    ...measureOf(flags),
    ...dimensionsOf(flags),
    data: dataOf(flags),
    preprocessing: preprocessingOf(flags),
    measure: flags.measure,
  });
  if (flags.json) printJson(report);
  else if (flags.csv) print(comparisonToCsv(report.layers));
  else print(`${basename(before)} → ${basename(after)}\n\n${describeComparison(report)}`);
}
