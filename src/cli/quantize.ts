import { basename } from 'node:path';
import { type Command, Option } from 'commander';
import { makeScratch, removeScratch } from '../files/scratch';
import { openModel } from '../formats';
import { chooseSignature } from '../jobs/signatures';
import { CheckError, ModelError } from '../model/modelError';
import { comparisonLines } from '../protocol/csv';
import { ACTIVATIONS, PORTS, type QuantizeOptions, WEIGHT_FORMS, type WeightForm } from '../protocol/options';
import { printable } from '../protocol/printable';
import { RECIPES, type Recipe } from '../protocol/recipes';
import type { QuantizeReport } from '../protocol/reports';
import { outputPath } from '../quantization/outputPath';
import { describeComparison } from './comparisonText';
import { addDeviceOptions, programsOf } from './deviceOptions';
import { runWithProgress } from './job';
import { addOutputOptions, dataOf, dimensionsOf, integer, liteRtOf, measureOf, share } from './options';
import { print, printJson, sections } from './output';
import { preprocessingOf } from './preprocessing';
import type { RunFlags } from './running';
import { addQuantizingOptions, searchOf } from './search';
import { sensitivityTable } from './sensitivityText';

interface Flags
  extends RunFlags,
    Pick<QuantizeOptions, 'keep' | 'activations' | 'measure' | 'calibrationSamples'> {
  output?: string;
  recipe?: Recipe;
  validate?: string;
  io: QuantizeOptions['ports'];
  force?: true;
  maxLoss: number;
  time: number;
  groupSize?: number;
  sparsity?: number;
  weightForm?: WeightForm;
  lengths?: number[];
  twin?: string;
  signature?: string;
}

/** Nobody groups more. */
const MAX_GROUP = 1_000_000;

export function addQuantize(program: Command): void {
  const command = program
    .command('quantize')
    .summary('make a smaller, faster copy of a model, and measure what that changed')
    .description(
      'Writes a quantized copy of a model, checked and measured beside the original. The model itself is never changed.',
    )
    .argument('<model>', 'model file')
    .option(
      '-o, --output <file>',
      'where to write (default: beside the model, <name>.<recipe> and its ending)',
    )
    .option('--force', 'replace the output if it exists')
    .addOption(
      new Option('--recipe <name>', 'what to make (default: what fits the model)').choices(
        RECIPES.map(({ name }) => name),
      ),
    )
    .addOption(
      new Option('--activations <type>', 'int8: type of activations, the faster one unless given')
        .choices(ACTIVATIONS)
        .default('auto'),
    )
    .addOption(
      new Option('--io <type>', 'what inputs and outputs of an integer .tflite file are')
        .choices(PORTS)
        .default('float'),
    )
    .option(
      '--group-size <n>',
      'palettes: output channels that share a table; int4-weights: weights that share a scale',
      integer(1, MAX_GROUP),
    )
    .addOption(
      new Option(
        '--weight-form <form>',
        'weights alone in ONNX: operators of ONNX Runtime (engine, the default), or standard ones that any engine has',
      ).choices(WEIGHT_FORMS),
    )
    .option(
      '--sparsity <share>',
      'share of the weights that becomes zero, with weights alone (sparse: 0.5)',
      share,
    )
    .option(
      '--twin <file>',
      'of a Core ML model: the same network as .onnx or .tflite, which runs here on --data',
    );
  command.option(
    '--signature <name>',
    'what of a model with several signatures is quantized (default: its main graph)',
  );
  addQuantizingOptions(command);
  command.option(
    '--lengths <n,n,…>',
    'lengths of a sequence to time a model at that leaves its dimension open (default: 1,128)',
    lengthList,
  );
  command.option('--no-measure', 'measure no latency, so that no layer goes back to float for being slow');
  addDeviceOptions(command);
  addOutputOptions(command, 'the layers');
  command
    .addHelpText(
      'after',
      `
Recipes:
${RECIPES.map(({ name, summary }) => `  ${name.padEnd(12)}  ${summary}`).join('\n')}

Examples:
  caliper quantize model.onnx -o small.onnx --data photos --preset imagenet
  caliper quantize model.onnx --data calibration --validate labelled --mean 0.5 --std 0.5
  caliper quantize model.onnx --recipe int8-all --no-measure --activations int8
  caliper quantize Model.mlpackage --recipe palette-4 --group-size 16
  caliper quantize Model.mlpackage --recipe palette-4 --twin model.onnx --data photos --preset imagenet

When no mix of int8 and float is faster than float on this computer within the limit, nothing is written and the exit
status is 3. caliper search shows what else there is.`,
    )
    .action(runQuantize);
}

/** Longer ones than any model has positions. */
const MAX_LENGTH = 10_000_000;

function lengthList(text: string): number[] {
  return text.split(',').map(integer(1, MAX_LENGTH));
}

async function runQuantize(model: string, flags: Flags): Promise<void> {
  const options = await optionsOf(model, flags);
  const outcome = await runWithProgress('quantize', options, {
    programs: programsOf(flags),
    litert: liteRtOf(flags),
  });
  const { report } = outcome;
  if (flags.json) await printJson(report);
  else if (flags.csv) await print(comparisonLines(report.layers));
  else
    await print(
      sections([
        heading(report, outcome.status === 'written'),
        describeComparison(report, true),
        sensitivityTable(report.sensitivity ?? report.search?.sensitivity),
        report.search === undefined ? null : `${report.search.headline}\n`,
      ]),
    );
  if (outcome.status === 'refused') {
    throw new CheckError(
      `Nothing was written: ${outcome.reason} Use --recipe int8-all or --no-measure to quantize all the same, or --recipe float32 for the cleaned float model.`,
    );
  }
}

async function optionsOf(model: string, flags: Flags): Promise<QuantizeOptions> {
  const data = dataOf(flags);
  const validation = dataOf({ ...flags, ...(flags.validate === undefined ? {} : { data: flags.validate }) });
  return {
    model,
    output: flags.output ?? (await defaultOutput(model, flags)),
    recipe: flags.recipe ?? null,
    // Labels are for measuring accuracy: they belong to the data that it is measured on.
    calibration: data && flags.validate !== undefined ? { ...data, labels: null } : data,
    validation: flags.validate === undefined ? null : validation,
    preprocessing: preprocessingOf(flags),
    calibrationSamples: flags.calibrationSamples,
    keep: flags.keep,
    activations: flags.activations,
    search: searchOf(flags),
    ports: flags.io,
    ...(flags.groupSize === undefined ? {} : { groupSize: flags.groupSize }),
    ...(flags.sparsity === undefined ? {} : { sparsity: flags.sparsity }),
    ...(flags.lengths === undefined ? {} : { lengths: flags.lengths }),
    ...(flags.weightForm === undefined ? {} : { weightForm: flags.weightForm }),
    ...(flags.twin === undefined ? {} : { twin: flags.twin }),
    ...(flags.signature === undefined ? {} : { signature: flags.signature }),
    measure: flags.measure,
    force: flags.force ?? false,
    ...measureOf(flags),
    ...dimensionsOf(flags),
  };
}

/** Beside the model, which may have been named by a file inside its package. */
async function defaultOutput(model: string, { recipe, signature }: Flags): Promise<string> {
  const file = openModel(model);
  try {
    const { rewriter, name } = file.format;
    if (rewriter === null) throw new ModelError(`Files of ${name} cannot be quantized yet.`, { file: model });
    const asked = recipe ?? (signature === undefined ? null : await suggestedFor(model, signature));
    return outputPath(file.model.file, asked ?? rewriter.suggest(file).recipe);
  } finally {
    file.close();
  }
}

/** What fits the graph that a signature calls. */
async function suggestedFor(model: string, signature: string): Promise<Recipe | null> {
  const scratch = await makeScratch();
  try {
    const file = openModel(chooseSignature(model, signature, scratch).path);
    file.close();
    return file.format.rewriter?.suggest(file).recipe ?? null;
  } finally {
    await removeScratch(scratch);
  }
}

function heading({ input, output, recipe, pair, steps = [] }: QuantizeReport, written: boolean): string {
  const what = pair === undefined ? recipe : `${recipe}, ${pair}`;
  return `${printable(basename(input))} → ${written ? printable(output) : 'nothing written'} (${what})\n${steps.length === 0 ? '' : `${steps.join('; ')}\n`}`;
}
