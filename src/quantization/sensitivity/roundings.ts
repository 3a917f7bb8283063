import { type Bench, withFile } from '../../evaluation/bench';
import { discard, withCopy } from '../../evaluation/copies';
import { floatValues } from '../../evaluation/floats';
import { type Samples, someSamples } from '../../evaluation/samples';
import type { ModelFile } from '../../formats/format';
import type { Layout, ModelPlan, Range } from '../../formats/plan';
import type { Observing, RoundingNames } from '../../formats/rewriter';
import { affineOf, type IntegerType, limitsOf } from '../../formats/uniform';
import { itemAt, present } from '../../model/assert';
import type { DimensionChoice } from '../../model/inference';
import type { Feeds, RuntimeTensor, Session } from '../../runtime/engine';
import type { RoundedProduct } from './weightCauses';

/** What is asked about: an int8 model as it would be made, and the float one that it is made of. */
export interface RoundingTask {
  readonly cleaned: ModelFile;
  readonly dims: DimensionChoice;
  readonly plan: ModelPlan;
  readonly layout: Layout;
  /** Of every root of the layout. */
  readonly ranges: ReadonlyMap<string, Range>;
  readonly type: IntegerType;
  /** What models are judged by: outputs, or what goes into a last Softmax. */
  readonly judged: readonly string[];
  readonly samples: Samples;
}

/** Errors that are measured one by one are steady after a few samples. */
export const SAMPLES = 8;
/** Tensors whose rounding is in one copy of the model: each costs a little time even where it is off. */
const TOGETHER = 8;

/** Float copies in which one thing alone is rounded, set against the float model, whose outputs are computed once. */
export class Roundings {
  private constructor(
    private readonly bench: Bench,
    private readonly observing: Required<Pick<Observing, 'withRounding' | 'replaceValues'>>,
    private readonly task: RoundingTask,
    private readonly samples: Samples,
    private readonly float: readonly Feeds[],
    private readonly signal: number,
  ) {}

  /** null where the format has no copies whose tensors are rounded. */
  static async of(
    bench: Bench & { readonly observing: Observing },
    task: RoundingTask,
  ): Promise<Roundings | null> {
    const { withRounding, replaceValues } = bench.observing;
    const readable = task.cleaned.format.withOutputs !== undefined;
    if (withRounding === undefined || replaceValues === undefined || !readable) return null;
    const samples = someSamples(task.samples, SAMPLES);
    const float: Feeds[] = [];
    const { cleaned, judged } = task;
    const path = bench.newPath('float');
    cleaned.format.withOutputs?.(cleaned, innerOf(task), path);
    await withCopy(bench, path, async (session) => {
      for (let index = 0; index < samples.size; index++)
        float.push(copied(await session.run(await samples.feeds(index), judged), judged));
    });
    const signal = float.reduce((sum, own) => sum + distance(own, null, judged), 0);
    return new Roundings(bench, { withRounding, replaceValues }, task, samples, float, signal);
  }

  /** By tensor, what rounding it alone causes. */
  async ofTensors(tensors: readonly string[]): Promise<Map<string, number>> {
    const { bench, task, samples } = this;
    const errors = new Map<string, number>();
    const ranged = tensors.filter((name) => this.rangeOf(name) !== undefined);
    for (let from = 0; from < ranged.length; from += TOGETHER) {
      const path = bench.newPath('rounding');
      const names = this.observing.withRounding(task.cleaned, ranged.slice(from, from + TOGETHER), path);
      await this.withJudged(path, async (session) => {
        for (let index = 0; index < samples.size; index++) {
          const feeds = await samples.feeds(index);
          for (const tensor of names.keys()) {
            const outputs = await session.run({ ...feeds, ...this.switches(names, tensor) }, task.judged);
            errors.set(tensor, (errors.get(tensor) ?? 0) + this.errorOn(index, outputs));
          }
        }
      });
    }
    return errors;
  }

  /** What rounding the weights of a product alone causes. */
  async ofWeights({ weights, rounded }: RoundedProduct): Promise<number> {
    const { bench, task, samples } = this;
    const path = bench.newPath('weights');
    this.observing.replaceValues(task.cleaned, new Map([[weights, rounded]]), new Map(), path);
    let error = 0;
    await this.withJudged(path, async (session) => {
      for (let index = 0; index < samples.size; index++)
        error += this.errorOn(index, await session.run(await samples.feeds(index), task.judged));
    });
    return error;
  }

  /** Runs a copy that gives what is judged, also where that is no output of the model. */
  private async withJudged(path: string, use: (session: Session) => Promise<void>): Promise<void> {
    const { bench, task } = this;
    const inner = innerOf(task);
    if (inner.length === 0) return withCopy(bench, path, use);
    const judged = bench.newPath('judged');
    await withFile(bench, path, (file) => file.format.withOutputs?.(file, inner, judged));
    discard(path);
    return withCopy(bench, judged, use);
  }

  private errorOn(index: number, outputs: Feeds): number {
    return distance(outputs, itemAt(this.float, index), this.task.judged) / this.signal;
  }

  private rangeOf(tensor: string): Range | undefined {
    const { ranges, layout } = this.task;
    return ranges.get(layout.roots.get(tensor) ?? tensor);
  }

  /** Inputs of a copy in which one tensor is rounded. */
  private switches(names: ReadonlyMap<string, RoundingNames>, on: string): Feeds {
    const { type } = this.task;
    const { low, high } = limitsOf(type);
    const feeds: Feeds = {};
    for (const [tensor, { min, max, step, share }] of names) {
      const { scale, zeroPoint } = affineOf(present(this.rangeOf(tensor), `range of ${tensor}`), type);
      feeds[min] = scalar((low - zeroPoint) * scale);
      feeds[max] = scalar((high - zeroPoint) * scale);
      feeds[step] = scalar(scale);
      feeds[share] = scalar(tensor === on ? 1 : 0);
    }
    return feeds;
  }
}

/** What is judged and no output of the model. */
function innerOf({ cleaned, judged }: RoundingTask): string[] {
  const outputs = new Set(cleaned.model.graph.outputs.map(({ name }) => name));
  return judged.filter((name) => !outputs.has(name));
}

function scalar(value: number): RuntimeTensor {
  return { type: 'float32', shape: [], data: Float32Array.of(value) };
}

function copied(outputs: Feeds, names: readonly string[]): Feeds {
  const result: Feeds = {};
  for (const name of names) {
    const tensor = present(outputs[name], `output ${name}`);
    result[name] = { ...tensor, data: tensor.data.slice() };
  }
  return result;
}

/** Σ of squared differences; from zero where there is no other one. */
function distance(outputs: Feeds, others: Feeds | null, names: readonly string[]): number {
  let sum = 0;
  for (const name of names) {
    const values = floatValues(present(outputs[name], `output ${name}`));
    const other = others === null ? null : floatValues(present(others[name], `output ${name}`));
    values?.forEach((value, i) => {
      sum += (value - (other?.[i] ?? 0)) ** 2;
    });
  }
  return sum;
}
