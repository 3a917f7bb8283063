import { Sqnr } from '../analysis/sqnr';
import type { ModelFile } from '../formats/format';
import { itemAt, present } from '../model/assert';
import type { DimensionChoice } from '../model/inference';
import { inRealNumbers } from '../runtime/quantizedValues';
import { type Bench, withFile, withSession } from './bench';
import { withCopy } from './copies';
import { floatValues } from './floats';
import { KeptOutputs } from './keptOutputs';
import type { Samples } from './samples';
import { scoreTensors } from './scores';

/** How near a model is to the float one. */
export interface Score {
  /** Pooled over all samples; −Infinity where a value became infinite or not a number, or nothing can be compared. */
  readonly decibels: number;
  /** On each sample. */
  readonly bySample: readonly number[];
}

/** Nothing is nearer than this, so that one sample without any error does not outweigh all others. */
const MOST_DB = 100;
/** A smaller difference of means is none worth having, in decibels. */
const NOTICEABLE_DB = 0.05;
/** A mean difference that is less than so many of its standard errors may be chance. */
const STANDARD_ERRORS = 2;

/**
 * Whether a model is nearer to the float one than another on the same samples, and not by chance: errors of integers are
 * chaotic, so that of two models that are as good one is a decibel better on some samples and the other on others. So
 * samples are compared one by one, and their mean difference must be larger than their differences let expect.
 */
export function isNearer(one: Score, other: Score): boolean {
  if (!Number.isFinite(other.decibels) || one.decibels < other.decibels) return one.decibels > other.decibels;
  const differences = one.bySample.map((decibels, index) => decibels - itemAt(other.bySample, index));
  const count = differences.length;
  const mean = differences.reduce((sum, value) => sum + value, 0) / count;
  const squares = differences.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const standardError = count < 2 ? 0 : Math.sqrt(squares / (count - 1) / count);
  return mean > NOTICEABLE_DB && mean > STANDARD_ERRORS * standardError;
}

/** Says how near models that were made of a float model are to it, before what decides by their scores. */
export class Judge {
  /** Tensors that are compared, which all models made of the float one have. */
  readonly tensors: readonly string[];
  /** Those that are no outputs of the model. */
  private readonly inner: readonly string[];
  private float: KeptOutputs | null = null;

  /** @param cleaned the float model */
  constructor(
    private readonly bench: Bench,
    private readonly cleaned: ModelFile,
    dims: DimensionChoice,
    private readonly samples: Samples,
  ) {
    const inferred = cleaned.infer(dims).graph;
    const outputs = new Set(inferred.graph.outputs.map(({ name }) => name));
    const readable = cleaned.format.withOutputs !== undefined;
    this.tensors = readable ? scoreTensors(inferred) : [...outputs];
    this.inner = this.tensors.filter((name) => !outputs.has(name));
  }

  /** @throws ModelError where the model does not run */
  async score(path: string): Promise<Score> {
    this.float ??= new KeptOutputs(this.bench, await this.withScores(this.cleaned.model.file), this.samples);
    const pooled = new Sqnr();
    const bySample: number[] = [];
    let finite = true;
    const { tensors, samples } = this;
    await this.float.read(async (_, outputsOf) => {
      const copy = await this.withScores(path);
      const open = copy === path ? withSession : withCopy;
      await open(this.bench, copy, async (session) => {
        for (let index = 0; index < samples.size; index++) {
          const before = await outputsOf(index);
          const given = await session.run(await samples.feeds(index), tensors);
          // Before a final Softmax that computes in integers there are integers.
          const after = inRealNumbers(given, session.outputs);
          const own = new Sqnr();
          for (const name of tensors) {
            const a = floatValues(present(before[name], `output ${name}`));
            const b = floatValues(present(after[name], `output ${name}`));
            if (a === null || b === null || a.length !== b.length) continue;
            pooled.add(a, b);
            own.add(a, b);
            finite &&= !a.some((value, i) => Number.isFinite(value) && !Number.isFinite(b[i]));
          }
          bySample.push(Math.min(MOST_DB, own.decibels ?? MOST_DB));
        }
      });
    });
    return {
      decibels: finite ? (pooled.decibels ?? Number.NEGATIVE_INFINITY) : Number.NEGATIVE_INFINITY,
      bySample,
    };
  }

  private async withScores(path: string): Promise<string> {
    if (this.inner.length === 0) return path;
    const copy = this.bench.newPath('scores');
    await withFile(this.bench, path, (file) => file.format.withOutputs?.(file, this.inner, copy));
    return copy;
  }
}
