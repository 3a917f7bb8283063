import { rmSync } from 'node:fs';
import { floatValues } from './floats';
import { firstSamples, type Samples } from './samples';
import { type Workbench, withFile, withSession } from './workbench';

/** Means over more samples than this hardly move: 20 to 34 were enough where it was measured. */
const SAMPLES = 32;
/** Each pass builds and runs the quantized model, so that deep models correct several layers in one. */
const PASSES = 24;
/** Passes after the last layer's first correction, which take out what is left of the layers' influence on each other. */
const FINAL_PASSES = 2;

/** A layer whose bias can be shifted, in execution order. */
export interface CorrectableLayer {
  readonly name: string;
  readonly rawOutput: string;
}

export interface CorrectionTask {
  /** Path of the cleaned float model. */
  readonly cleaned: string;
  readonly layers: readonly CorrectableLayer[];
  readonly samples: Samples;
  /** Writes the quantized model with these corrections to a new path. */
  readonly build: (corrections: ReadonlyMap<string, Float32Array>, target: string) => void;
  readonly onProgress: (fraction: number) => void;
}

/**
 * Bias correction (Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", 2019,
 * section 4.2, with measured means): every layer's bias is shifted by the mean difference, channel by channel,
 * between its raw output in the float and in the quantized model, so that the errors of rounding and clipping
 * do not add up to a shift. Layers follow each other in graph order, because a layer's error contains that of
 * the layers before it. A front moves through the layers; each pass measures all of them at once, starts with
 * the next few, and corrects what is left at those behind the front.
 * @returns by layer, what to add to its float bias.
 */
export async function correctBiases(
  bench: Workbench,
  task: CorrectionTask,
): Promise<Map<string, Float32Array>> {
  const corrections = new Map<string, Float32Array>();
  if (task.layers.length === 0) return corrections;
  const samples = firstSamples(task.samples, SAMPLES);
  const tensors = task.layers.map((layer) => layer.rawOutput);
  const wanted = await channelMeans(bench, task.cleaned, tensors, samples);
  const moving = Math.min(PASSES, task.layers.length);
  const passes = moving + FINAL_PASSES;
  for (let pass = 1; pass <= passes; pass++) {
    const path = bench.newPath('correcting');
    task.build(corrections, path);
    const measured = await channelMeans(bench, path, tensors, samples);
    rmSync(path, { force: true });
    const front = Math.ceil((task.layers.length * Math.min(pass, moving)) / moving);
    for (const { name, rawOutput } of task.layers.slice(0, front)) {
      const difference = subtract(wanted.get(rawOutput), measured.get(rawOutput));
      if (difference !== null) corrections.set(name, sum(corrections.get(name), difference));
    }
    task.onProgress(pass / passes);
  }
  return corrections;
}

/** Each tensor's mean a channel over all samples. */
async function channelMeans(
  bench: Workbench,
  model: string,
  tensors: readonly string[],
  samples: Samples,
): Promise<Map<string, Float64Array>> {
  const path = bench.newPath('means');
  const outputs = await withFile(bench, model, (file) =>
    bench.rewriter.withChannelMeans(file, tensors, path),
  );
  const sums = new Map<string, Float64Array>();
  await withSession(bench, path, async (session) => {
    for (let index = 0; index < samples.size; index++) {
      const results = await session.run(await samples.feeds(index), [...outputs.values()]);
      for (const [tensor, output] of outputs) {
        const result = results[output];
        const means = result === undefined ? null : floatValues(result);
        if (means === null) continue;
        const total = sums.get(tensor) ?? new Float64Array(means.length);
        means.forEach((value, channel) => {
          total[channel] = (total[channel] as number) + value / samples.size;
        });
        sums.set(tensor, total);
      }
    }
  });
  rmSync(path, { force: true });
  return sums;
}

/** null where one of them is unknown, or a mean is not finite: such a layer is left as it is. */
function subtract(wanted: Float64Array | undefined, measured: Float64Array | undefined): Float32Array | null {
  if (wanted === undefined || measured === undefined || wanted.length !== measured.length) return null;
  const difference = Float32Array.from(wanted, (value, channel) => value - (measured[channel] as number));
  return difference.every(Number.isFinite) ? difference : null;
}

function sum(a: Float32Array | undefined, b: Float32Array): Float32Array {
  return a === undefined ? b : Float32Array.from(a, (value, channel) => value + (b[channel] as number));
}
