import { withFile } from '../evaluation/bench';
import { withCopy } from '../evaluation/copies';
import { floatValues } from '../evaluation/floats';
import { type Samples, someSamples } from '../evaluation/samples';
import type { MatchedMean } from '../formats/rewriter';
import { itemAt, present } from '../model/assert';
import type { NodeId } from '../model/nodeId';
import type { Feeds, RuntimeTensor } from '../runtime/engine';
import { feedsFrom } from '../runtime/feeds';
import type { Workbench } from './workbench';

/** Means over more samples than this hardly move: 20 to 34 were enough where it was measured. */
const SAMPLES = 32;

/** A layer whose bias can be shifted, in execution order. */
export interface CorrectableLayer {
  readonly id: NodeId;
  readonly rawOutput: string;
}

/** Which biases of which model are corrected, and by which samples. */
export interface CorrectionTask {
  /** Path of the cleaned float model. */
  readonly cleaned: string;
  /** Path of the quantized model, not corrected. */
  readonly quantized: string;
  readonly layers: readonly CorrectableLayer[];
  readonly samples: Samples;
  readonly onProgress: (fraction: number) => void;
}

/**
 * Bias correction (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019,
 * section 4.2, with measured means): every layer's bias is shifted by the mean difference, channel by channel,
 * between its raw output in the float and in the quantized model, so that the errors of rounding and clipping
 * do not add up to a shift. A layer's error contains that of the layers before it, so these must be corrected
 * first. To do that layer by layer takes as many passes over the data as there are layers; here the quantized
 * model corrects itself while it runs: behind each layer the sample's own mean is set to what the float model
 * has on the same sample, and the shift that this took is what is averaged. So every layer sees corrected inputs
 * in one pass. (To measure all layers of an uncorrected model at once instead, and repeat, diverges: each layer
 * then corrects again what the layers before it correct.)
 * @returns by layer, what to add to its float bias: one value an output channel.
 */
export async function correctBiases(
  bench: Workbench,
  task: CorrectionTask,
): Promise<Map<NodeId, Float32Array>> {
  const samples = someSamples(task.samples, SAMPLES);
  const tensors = task.layers.map((layer) => layer.rawOutput);
  if (tensors.length === 0) return new Map();
  const means = bench.newPath('means');
  const wanted = await withFile(bench, task.cleaned, (file) =>
    bench.observing.withChannelMeans(file, tensors, means),
  );
  const sums = new Map<string, Float64Array>();
  await withCopy(bench, means, async (float) => {
    const matching = bench.newPath('matching');
    const matched = await withFile(bench, task.quantized, (file) =>
      bench.observing.withMatchedMeans(file, tensors, matching),
    );
    await withCopy(bench, matching, async (quantized) => {
      for (let index = 0; index < samples.size; index++) {
        const feeds = await samples.feeds(index);
        const given = await float.run(feeds, [...wanted.values()]);
        const shifts = await quantized.run({ ...feeds, ...meansAsFeeds(given, wanted, matched) }, [
          ...[...matched.values()].map(({ shift }) => shift),
        ]);
        for (const [tensor, { shift }] of matched) addTo(sums, tensor, shifts[shift], samples.size);
        task.onProgress((index + 1) / samples.size);
      }
    });
  });
  return correctionsOf(task.layers, sums);
}

function meansAsFeeds(
  results: Feeds,
  wanted: ReadonlyMap<string, string>,
  matched: ReadonlyMap<string, MatchedMean>,
): Feeds {
  const feeds = feedsFrom();
  for (const [tensor, { mean }] of matched) {
    const name = present(wanted.get(tensor), `mean of ${tensor}`);
    feeds[mean] = present(results[name], `output ${name}`);
  }
  return feeds;
}

function addTo(
  sums: Map<string, Float64Array>,
  tensor: string,
  shift: RuntimeTensor | undefined,
  samples: number,
): void {
  const values = shift === undefined ? null : floatValues(shift);
  if (values === null) return;
  const sum = sums.get(tensor) ?? new Float64Array(values.length);
  values.forEach((value, channel) => {
    sum[channel] = itemAt(sum, channel) + value / samples;
  });
  sums.set(tensor, sum);
}

/** A layer whose shift is not finite is left as it is. */
function correctionsOf(
  layers: readonly CorrectableLayer[],
  sums: ReadonlyMap<string, Float64Array>,
): Map<NodeId, Float32Array> {
  const corrections = new Map<NodeId, Float32Array>();
  for (const { id, rawOutput } of layers) {
    const shift = sums.get(rawOutput);
    if (shift?.every(Number.isFinite)) corrections.set(id, Float32Array.from(shift));
  }
  return corrections;
}
