import { extname, resolve } from 'node:path';
import type { Writing } from '../../files/targets';
import type { ModelFile } from '../../formats/format';
import { sizeOf } from '../../formats/inputFiles';
import { UsageError } from '../../model/modelError';
import type { NodeId } from '../../model/nodeId';
import { formatBytes } from '../../protocol/numbers';
import type { QuantizeOptions } from '../../protocol/options';
import { factsOf, isCalibrated, type Recipe } from '../../protocol/recipes';
import { refusedRefinement } from '../refine';

/**
 * A larger model is only run where data was given: an engine takes more memory than the file for it, and what it answers
 * to random numbers is not worth that. (What one message of protobuf can hold: beyond it weights lie beside the model.)
 */
const LARGEST_RUN_UNASKED = 2 ** 31;

/** Why a model is not run though an engine could, in a sentence for people; null where it is. */
export function tooLargeToRun(source: ModelFile, recipe: Recipe, options: QuantizeOptions): string | null {
  const bytes = sizeOf(source);
  const asked = isCalibrated(recipe) || options.calibration !== null || options.validation !== null;
  return asked || bytes <= LARGEST_RUN_UNASKED
    ? null
    : `the model has ${formatBytes(bytes)}, and an engine takes more memory than that to run it. Give data to have it run, checked and compared.`;
}

/** Why a recipe makes no file of a format, or an option means nothing, in a sentence for people; null where all does. */
export function refusalOf({ format }: ModelFile, recipe: Recipe, options: QuantizeOptions): string | null {
  if (!factsOf(recipe).formats.includes(format.id))
    return `${format.name} models cannot be quantized by the recipe ${recipe}.`;
  const { activations, ports } = options;
  const integers = factsOf(recipe).ports?.includes(format.id) ?? false;
  if (ports !== 'float' && !integers)
    return `Inputs and outputs of ${format.name} models are float by the recipe ${recipe}: leave out --io ${ports}.`;
  // Where there is nothing to find out there is nothing to choose.
  const observing = format.rewriter?.observing ?? null;
  if (activations === 'uint8' && observing !== null && observing.probe === undefined)
    return `${format.name} has kernels for int8 activations, not for uint8: leave out --activations.`;
  const { rewriter } = format;
  // One format alone has masks so far.
  if (rewriter?.observing !== null && options.sparsity !== undefined)
    return `Sparsity cannot be chosen for ${format.name} models.`;
  const sizes = rewriter?.groupSizes;
  if (sizes !== undefined && options.groupSize !== undefined && !sizes.includes(options.groupSize))
    return sizes.length === 0
      ? `Groups cannot be chosen for ${format.name} models.`
      : `Weights of ${format.name} models share a scale in groups of ${sizes.slice(0, -1).join(', ')} or ${sizes.at(-1)}, not ${options.groupSize}.`;
  if (options.weightForm !== undefined && rewriter?.weightForms !== true)
    return `${format.name} has one form of weights alone: --weight-form means nothing for it.`;
  if (format.rewriter?.observing === null && options.activations !== 'auto')
    return `${format.name} chooses itself how activations are computed: --activations means nothing for it.`;
  if (options.twin != null && format.rewriter?.observing !== null)
    return `${format.name} models run here themselves: leave out --twin.`;
  const dataGiven = options.calibration !== null || options.validation !== null;
  if (format.cannotRun !== undefined && options.twin == null && dataGiven)
    return `Data to calibrate or to measure the accuracy on means nothing here: give the same network as a model that runs with --twin. ${format.cannotRun}`;
  return refusedRefinement(recipe, options);
}

/** For a model that is a package, how packages are recognized that the result may replace. */
export function packageOf({ format, model }: ModelFile, output: string): Pick<Writing, 'isPackage'> {
  const { isPackage } = format;
  if (isPackage === undefined || !isPackage(model.file)) return {};
  const ending = extname(resolve(model.file));
  if (ending !== '' && extname(resolve(output)) !== ending)
    throw new UsageError(
      `${model.file} is a package, and so is the result: its name must end with ${ending}.`,
    );
  return { isPackage };
}

/** All nodes of the main graph that bear these names: people name layers, everything behind this knows ids. */
export function nodesNamed({ model }: ModelFile, names: readonly string[]): Set<NodeId> {
  const ids = new Set<NodeId>();
  for (const name of names) {
    const bearers = model.graph.nodes.filter((node) => node.name === name);
    if (bearers.length === 0)
      throw new UsageError(`There is no layer ${name} in ${model.file}.`, { node: name });
    for (const { id } of bearers) ids.add(id);
  }
  return ids;
}
