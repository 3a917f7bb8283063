import { compareOutputs } from '../evaluation/check';
import { discard } from '../evaluation/copies';
import { type Samples, someSamples } from '../evaluation/samples';
import type { ModelFile } from '../formats/format';
import type { QuantizableLayer, Range, RewriteResult } from '../formats/rewriter';
import type { DimensionChoice } from '../model/inference';
import { ModelError } from '../model/modelError';
import type { Speedup } from '../protocol/reports';
import { correctBiases } from './biasCorrection';
import { type Extremes, observeExtremes, type RangeMethod, rangesFrom } from './calibrate';
import { mixProblem, type TimedRow } from './mix';
import { type ActivationType, fasterPair, pairName, reducedRange } from './pair';
import { type Mix, searchMix } from './search';
import type { Workbench } from './workbench';

/** Alternatives are compared on as many samples: what differs by less than they can tell does not matter. */
const TRIAL_SAMPLES = 32;

export interface Int8Task {
  readonly cleaned: ModelFile;
  readonly dims: DimensionChoice;
  readonly calibration: Samples;
  readonly keep: ReadonlySet<string>;
  readonly activations: ActivationType | 'auto';
  /** Where facts about this computer are remembered. */
  readonly memory: string;
  /** null: everything that can be is quantized, and nothing is timed. */
  readonly timing: {
    readonly profile: (path: string) => Promise<readonly TimedRow[]>;
    readonly race: (paths: readonly string[]) => Promise<Speedup[]>;
  } | null;
  readonly onProgress: (message: string, fraction: number) => void;
  readonly log: (line: string) => void;
}

export interface Int8Model {
  readonly path: string;
  /** Every layer that is in float, and why. */
  readonly kept: ReadonlyMap<string, string>;
  /** Layers in int8. */
  readonly quantized: number;
  readonly warnings: readonly string[];
}

export interface Int8Result {
  readonly best: Int8Model;
  /** With everything in int8 that can be; the same as `best` when that is the fastest. */
  readonly all: () => Promise<Int8Model>;
  /** As the reports name it: `uint8/int8`. */
  readonly pair: string;
  /** What a reader must know of how it was chosen. */
  readonly warnings: readonly string[];
}

/** The recipes `int8` (with `timing`) and `int8-all`: static quantization of a cleaned model. */
export async function quantizeInt8(bench: Workbench, task: Int8Task): Promise<Int8Result> {
  const { cleaned, keep, onProgress } = task;
  const layers = bench.rewriter.layers(cleaned, keep);
  onProgress('Finding the faster int8 types', 0);
  const activations = task.activations === 'auto' ? null : task.activations;
  const warnings: string[] = [];
  const warn = (sentence: string) => warnings.push(sentence);
  const pair = activations === null ? await fasterPair(bench, task.memory, warn) : null;
  const type = activations ?? pair?.activations ?? 'uint8';
  const reduceRange = pair === null ? await reducedRange(bench, type) : pair.reduceRange[type];
  const builder = new Builder(bench, task, layers, type, reduceRange);
  await builder.calibrate();
  let mix: Mix;
  let all: Mix;
  if (task.timing === null) {
    mix = all = builder.mix();
  } else {
    const inferred = cleaned.infer(task.dims).graph;
    const result = await searchMix({
      ...task.timing,
      problem: mixProblem(layers, inferred, cleaned.parameterTensors(cleaned.model.graph)),
      cleaned: builder.cleanedPath,
      keep,
      build: (kept) => builder.build(kept, new Map()),
      onProgress: (message, fraction) => onProgress(message, 0.3 + 0.4 * fraction),
    });
    ({ best: mix, all } = result);
    warnings.push(...result.warnings);
    const { overCleaned } = result;
    const speed =
      overCleaned === null
        ? 'not timed'
        : `${overCleaned.ratio.toFixed(2)} times as fast as float (${overCleaned.verdict})`;
    task.log(
      `int8 search: ${result.rounds} rounds, ${mix.kept.size} of ${layers.length} layers in float, ${speed}`,
    );
  }
  const best = await builder.finish(mix, (fraction) => onProgress('Correcting biases', 0.7 + 0.3 * fraction));
  return {
    best,
    all: async () => (all === mix ? best : builder.finish(all, () => {})),
    pair: pairName(type, reduceRange),
    warnings,
  };
}

/** Builds int8 models of one cleaned model that differ in the layers that stay in float and in their biases. */
class Builder {
  readonly cleanedPath: string;
  private ranges: ReadonlyMap<string, Range> = new Map();
  private readonly trial: Samples;

  constructor(
    private readonly bench: Workbench,
    private readonly task: Int8Task,
    private readonly layers: readonly QuantizableLayer[],
    private readonly activations: ActivationType,
    private readonly reduceRange: boolean,
  ) {
    this.cleanedPath = task.cleaned.model.file;
    this.trial = someSamples(task.calibration, TRIAL_SAMPLES);
  }

  build(keep: ReadonlySet<string>, biasCorrections: ReadonlyMap<string, Float32Array>) {
    const path = this.bench.newPath('int8');
    const { ranges, activations, reduceRange } = this;
    const settings = { activations, reduceRange, ranges, keep, biasCorrections };
    const result: RewriteResult = this.bench.rewriter.int8(this.task.cleaned, settings, path);
    return { path, result };
  }

  mix(): Mix {
    const { path, result } = this.build(this.task.keep, new Map());
    return { path, kept: new Map([...this.task.keep].map((name) => [name, ASKED])), impossible: result.kept };
  }

  /** Observes ranges, and takes the method by which the outputs come nearest to the float model's. */
  async calibrate(): Promise<void> {
    const { task, bench } = this;
    const { size } = task.calibration;
    const observe = (tensors: readonly string[]) =>
      observeExtremes(bench, task.cleaned, tensors, task.calibration, (done) =>
        task.onProgress(`Calibrating (${done} of ${size})`, 0.05 + (0.2 * done) / size),
      );
    const { floats, unknown } = this.observed();
    let extremes: Map<string, Extremes>;
    try {
      extremes = await observe([...floats, ...unknown]);
    } catch (error) {
      // One of unknown type may be a sequence, or booleans, which have no extremes.
      if (!(error instanceof ModelError) || unknown.length === 0) throw error;
      task.log(`calibration of tensors of unknown type: ${error.message}`);
      extremes = await observe(floats);
    }
    const results: { ranges: ReadonlyMap<string, Range>; decibels: number }[] = [];
    for (const method of METHODS) {
      this.ranges = rangesFrom(extremes, method);
      const { path, result } = this.build(task.keep, new Map());
      this.refuseEmpty(result);
      const decibels = await this.decibels(path);
      discard(path);
      task.log(`ranges by ${method}: ${decibels.toFixed(2)} dB`);
      results.push({ ranges: this.ranges, decibels });
    }
    this.ranges = results.reduce((a, b) => (b.decibels > a.decibels ? b : a)).ranges;
  }

  /** Corrects the biases of a mix, and keeps the correction where it brings the outputs nearer. */
  async finish(mix: Mix, onProgress: (fraction: number) => void): Promise<Int8Model> {
    const { task, bench } = this;
    const inFloat = new Map([...mix.impossible, ...mix.kept]);
    const kept = new Set(mix.kept.keys());
    const inInt8 = this.layers.filter(({ name }) => !inFloat.has(name));
    const model = { kept: inFloat, quantized: inInt8.length };
    try {
      const corrections = await correctBiases(bench, {
        cleaned: this.cleanedPath,
        quantized: mix.path,
        layers: inInt8.filter((layer) => layer.correctable),
        samples: task.calibration,
        onProgress,
      });
      const corrected = this.build(kept, corrections).path;
      const before = await this.decibels(mix.path);
      const after = await this.decibels(corrected);
      task.log(`bias correction: ${before.toFixed(2)} dB to ${after.toFixed(2)} dB`);
      return { ...model, path: after > before ? corrected : mix.path, warnings: [] };
    } catch (error) {
      // The model is whole without it, if less accurate.
      if (!(error instanceof ModelError)) throw error;
      task.log(`bias correction: ${error.message}`);
      return { ...model, path: mix.path, warnings: [`Biases were not corrected: ${error.message}`] };
    }
  }

  /** On calibration data, against the cleaned float model; −Infinity where there is nothing to tell by. */
  private async decibels(path: string): Promise<number> {
    const answer = await compareOutputs(this.bench, this.cleanedPath, path, this.trial);
    return answer.becameNonFinite ? Number.NEGATIVE_INFINITY : (answer.decibels ?? Number.NEGATIVE_INFINITY);
  }

  /** All tensors at which float and int8 could meet, whatever layers stay in float. */
  private observed(): { floats: string[]; unknown: string[] } {
    const { cleaned, keep } = this.task;
    const tensors = new Set(this.bench.rewriter.rangesNeeded(cleaned, keep));
    const inferred = cleaned.infer(this.task.dims).graph.tensors;
    const layers = new Set(this.layers.map(({ name }) => name));
    for (const node of cleaned.model.graph.nodes) {
      if (layers.has(node.name)) for (const name of [...node.inputs, ...node.outputs]) tensors.add(name);
    }
    for (const { output } of this.layers) tensors.add(output);
    // What is constant by the sizes that open dimensions are assumed to have changes with them; only what is stored does not.
    const names = [...tensors].filter((name) => name !== '' && !cleaned.model.graph.constants.has(name));
    const typeOf = (name: string) => inferred.get(name)?.type ?? null;
    return {
      floats: names.filter((name) => typeOf(name) === 'float32'),
      unknown: names.filter((name) => typeOf(name) === null),
    };
  }

  private refuseEmpty({ kept }: RewriteResult): void {
    if (this.layers.some(({ name }) => !kept.has(name))) return;
    const reason = [...new Set(kept.values())][0];
    throw new ModelError(
      `No layer of the model can be computed in int8${reason === undefined ? '' : `: ${reason}`}.`,
    );
  }
}

const ASKED = 'asked for';
const METHODS: readonly RangeMethod[] = ['minmax', 'average'];
