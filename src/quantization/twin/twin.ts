import { type Bench, numberedPaths } from '../../evaluation/bench';
import { type ChosenData, chooseData, type DataChoice } from '../../evaluation/chooseData';
import { discard } from '../../evaluation/copies';
import { KeptOutputs } from '../../evaluation/keptOutputs';
import { type Answer, compareOutputs } from '../../evaluation/outputAgreement';
import { randomSamples } from '../../evaluation/randomSamples';
import { someSamples } from '../../evaluation/samples';
import { openWithWeights } from '../../formats';
import type { ModelFile } from '../../formats/format';
import type { Product } from '../../formats/plan';
import type { CarefulRounding, Rewriter } from '../../formats/rewriter';
import { present } from '../../model/assert';
import type { DimensionChoice } from '../../model/inference';
import { ModelError } from '../../model/modelError';
import type { NodeId } from '../../model/nodeId';
import { type Assignment, schemeOf } from '../../model/precision';
import { engineThatRuns } from '../../runtime/engines';
import { modelInputs } from '../../runtime/inputs';
import { sizedEngine } from '../../runtime/sizedEngine';
import { evaluateWith } from '../foldedConstants';
import { bytesOf, observe } from '../rounding/roundCarefully';
import { carefulRounding } from './carefulRounding';
import { type MatchedWeight, matchedWeights, weightValues } from './matchedWeights';

/** Samples whose activations are looked at, as for error compensation anywhere. */
const SAMPLES = 32;
/** Of sums of products, held while the model is written; layers beyond that are rounded to the nearest. */
const SUM_BYTES = 2 ** 30;

const AS_IT_IS: DimensionChoice = { dims: {}, shapes: {} };

export interface TwinOptions extends DataChoice {
  /** The twin's file. */
  readonly path: string;
  readonly threads: number;
  readonly scratch: string;
  /** What the model that is quantized is asked for. */
  readonly choice: DimensionChoice;
  /** The recipe rounds weights, so that there is something to compensate. */
  readonly rounds: boolean;
}

/**
 * The same network in a format that runs here. It says what the layers of a model are given that does not run, so that
 * weights are rounded with error compensation, and how well the result answers: its weights are put into a copy.
 */
export class Twin {
  private constructor(
    private readonly bench: Bench,
    private readonly cleaned: ModelFile,
    readonly data: ChosenData,
    /** The user gave data; what random numbers give is no activation to round by. */
    private readonly hasData: boolean,
    private readonly rounds: boolean,
    /** By stored tensor of the model that is quantized. */
    private readonly weights: ReadonlyMap<string, MatchedWeight>,
  ) {}

  /**
   * @param file the model that is quantized
   * @throws ModelError where the twin does not run, or has none of the model's weights
   */
  static async open(file: ModelFile, options: TwinOptions): Promise<Twin> {
    const { path, threads, scratch, seed } = options;
    const source = openWithWeights(path);
    try {
      const { format } = source;
      const { rewriter } = format;
      if (!canBeTwin(source) || rewriter === null)
        throw new ModelError(`${path} is a ${format.name} model, which cannot be run in another's place.`, {
          file: path,
        });
      const inferred = source.infer(AS_IT_IS).graph;
      const inputs = modelInputs(inferred);
      const engine = await engineThatRuns(format.id, [source.model.file], threads, (one) =>
        format.withSizes === undefined ? one : sizedEngine(one, inputs, scratch),
      );
      const newPath = numberedPaths(scratch, source.model.file);
      const bench: Bench = { engine, open: (one) => format.open(one), threads, newPath };
      const hasData = options.calibration !== null || options.validation !== null;
      const random = randomSamples(source, inferred, seed);
      const data = await chooseData(options, inputs, random, hasData && options.rounds);
      const target = newPath('twin');
      await rewriter.clean(source, target, evaluateWith(engine));
      const cleaned = format.open(target);
      const products = productsOf(rewriter, cleaned);
      const weights = matchedWeights(file, cleaned, { file: options.choice, twin: AS_IT_IS }, products);
      if (weights.size === 0)
        throw new ModelError(
          `${path} has none of the weights of ${file.model.file}: give the same network as a twin.`,
          { file: path },
        );
      return new Twin(bench, cleaned, data, hasData, options.rounds, weights);
    } finally {
      source.close();
    }
  }

  /**
   * How weights of an assignment are rounded, by stored tensor, from what their layers are given on the calibration data.
   * Of the others `warnings` says why they are rounded to the nearest.
   */
  async roundings(
    assignment: Assignment,
    onProgress: (fraction: number) => void,
  ): Promise<{ readonly roundings: Map<string, CarefulRounding>; readonly warnings: readonly string[] }> {
    const roundings = new Map<string, CarefulRounding>();
    if (!this.rounds) return { roundings, warnings: [] };
    if (!this.hasData)
      return {
        roundings,
        warnings: [
          'Weights were rounded to the nearest: without data nobody knows what layers of the twin are given.',
        ],
      };
    const products = [...this.weights.values()].flatMap((weight) => {
      const { node, product } = weight;
      const precision = assignment.get(node);
      const wanted = precision !== undefined && schemeOf(precision) === 'weights';
      return wanted && product !== null ? [{ ...weight, product }] : [];
    });
    let room = SUM_BYTES;
    const fitting = products.filter(({ product }) => {
      const bytes = bytesOf(product);
      if (bytes > room) return false;
      room -= bytes;
      return true;
    });
    const samples = someSamples(this.data.calibration, SAMPLES);
    const observed = await observe(
      this.bench,
      { cleaned: this.cleaned, onSample: (done) => onProgress(done / samples.size) },
      fitting,
      samples,
    );
    for (const weight of fitting)
      roundings.set(weight.name, carefulRounding(weight, present(observed.get(weight), weight.name)));
    const left = products.length - fitting.length;
    return {
      roundings,
      warnings:
        left === 0
          ? []
          : [
              `Weights of ${left} layers were rounded to the nearest: what they are given takes too much memory.`,
            ],
    };
  }

  /** Those of some layers whose weights are not in the twin. */
  without(layers: readonly NodeId[]): NodeId[] {
    const known = new Set([...this.weights.values()].map(({ node }) => node));
    return layers.filter((id) => !known.has(id));
  }

  /** How the twin answers with the weights of a result, beside itself with its own. */
  async answerWith(result: ModelFile, onSample: (done: number) => void): Promise<Answer> {
    const { bench, cleaned, weights } = this;
    const values = new Map<string, Float32Array>();
    for (const { name, twin, places, factors } of weights.values()) {
      const tensor = present(result.model.graph.constants.get(name), `weight ${name} of the result`);
      const own = weightValues(result, tensor);
      values.set(
        twin.name,
        Float32Array.from(places, (place, i) => (own[place] as number) * (factors[i] as number)),
      );
    }
    const target = bench.newPath('through');
    present(cleaned.format.withValues, 'copies with other values')(cleaned, values, target);
    try {
      const original = new KeptOutputs(bench, cleaned.model.file, this.data.validation, 0);
      return await compareOutputs(bench, original, target, onSample);
    } finally {
      discard(target);
    }
  }

  close(): void {
    this.cleaned.close();
    discard(this.cleaned.model.file);
  }
}

function canBeTwin({ format }: ModelFile): boolean {
  return (
    format.cannotRun === undefined && format.withValues !== undefined && format.rewriter?.observing != null
  );
}

function productsOf(rewriter: Rewriter, cleaned: ModelFile): Map<string, Product> {
  return new Map(
    rewriter.plan(cleaned).nodes.flatMap(({ product }) => (product ? [[product.weights, product]] : [])),
  );
}
