import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { compareFiles } from '../analysis/difference/fileDifferences';
import { makeScratch, removeScratch } from '../files/scratch';
import { compareSignatures } from '../jobs/compareSignatures';
import { comparisonToMarkdown, modelsToMarkdown } from '../protocol/comparisonMarkdown';
import { comparisonLines, modelsLines } from '../protocol/csv';
import { comparisonsOf, modelsComparison } from '../protocol/modelTables';
import { printable } from '../protocol/printable';
import type { ModelsComparison } from '../protocol/reports';
import { describeComparison, describeModels } from './comparisonText';
import { programsOf } from './deviceOptions';
import { runWithProgress } from './job';
import { dimensionsOf, liteRtOf } from './options';
import { print, printJson, sections } from './output';
import { addRunOptions, type RunFlags, runOptionsOf } from './running';

type Flags = RunFlags & { measure: boolean; run: boolean; md?: boolean; all?: boolean; signature?: string };

export function addCompare(program: Command): void {
  const command = program
    .command('compare')
    .summary('compare models: layers, weights, size, latency, outputs')
    .description(
      'Shows what differs between models of any formats, layer by layer and weight by weight, and runs them alternately on the same inputs where they can be run. The first is what the others are set against.',
    )
    .argument('<before>', 'model file')
    .argument('<after...>', 'model files that are each set against it');
  addRunOptions(command, 'inputs to compare the outputs on, random ones unless given', (options) =>
    options
      .option('--no-measure', 'measure no latency, but run them to compare what they give')
      .option('--no-run', 'run nothing: compare what the files say'),
  );
  command
    .option(
      '--signature <name>',
      'what of models with several signatures is compared (default: their main graphs)',
    )
    .option('--all', 'list layers without a difference too')
    .addOption(new Option('--md', 'print it as Markdown, for a pull request').conflicts(['json', 'csv']))
    .addHelpText(
      'after',
      `
Examples:
  caliper compare model.onnx model.int8.onnx --data photos --preset imagenet
  caliper compare model.onnx model.tflite --no-run
  caliper compare model.onnx int8.onnx float16.onnx --json
  caliper compare v1.onnx v2.onnx --no-measure --md > comment.md

Layers are matched by the name of their output, then by order, operator and shape. SQNR is the power of the outputs
(or of a weight) over that of their difference. "No difference measured" means that the interval of the latencies'
ratio touches 0.98 to 1.02.`,
    )
    .action(runCompare);
}

async function runCompare(first: string, others: string[], flags: Flags): Promise<void> {
  const report = await compared(first, others, flags);
  const comparisons = comparisonsOf(report);
  if (flags.json) return printJson(report);
  const names = [first, ...others].map((model) => basename(model));
  const [beforeName = '', afterName = '', ...more] = names;
  if (more.length > 0) {
    if (flags.csv) return print(modelsLines(comparisons, names.slice(1)));
    if (flags.md) return print(modelsToMarkdown(comparisons, names));
    return print(describeModels(comparisons, names, flags.all === true));
  }
  if (flags.csv) return print(comparisonLines(report.layers));
  if (flags.md) return print(comparisonToMarkdown(report, { beforeName, afterName }));
  const heading = `${printable(beforeName)} → ${printable(afterName)}\n`;
  await print(sections([heading, describeComparison(report, flags.all === true)]));
}

async function compared(before: string, others: string[], flags: Flags): Promise<ModelsComparison> {
  const { signature } = flags;
  const models = [before, ...others];
  if (flags.run) {
    const options = {
      models,
      ...runOptionsOf(flags),
      measure: flags.measure,
      ...(signature === undefined ? {} : { signature }),
    };
    return runWithProgress('compare', options, { programs: programsOf(flags), litert: liteRtOf(flags) });
  }
  const choice = dimensionsOf(flags);
  const compare = ([first = before, ...rest]: readonly string[]) =>
    modelsComparison(rest.map((after) => compareFiles({ before: first, after, choice })));
  if (signature === undefined) return compare(models);
  const scratch = await makeScratch();
  try {
    return await compareSignatures(models, signature, scratch, compare);
  } finally {
    await removeScratch(scratch);
  }
}
