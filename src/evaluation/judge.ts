import type { ModelFile } from '../formats/format';
import type { DimensionChoice } from '../model/inference';
import { AccuracyMeter, inOrder } from './accuracy';
import { type Bench, withFile, withSession } from './bench';
import { withCopy } from './copies';
import { KeptOutputs } from './keptOutputs';
import type { Samples } from './samples';
import { scoreTensors } from './scores';

/** Says how near models that were made of a float model are to it, before what decides by their scores. */
export class Judge {
  /** Tensors that are compared, which all models made of the float one have. */
  readonly tensors: readonly string[];
  /** Those that are no outputs of the model. */
  private readonly inner: readonly string[];
  private float: KeptOutputs | null = null;

  constructor(
    private readonly bench: Bench,
    private readonly cleaned: ModelFile,
    dims: DimensionChoice,
    private readonly samples: Samples,
  ) {
    const { graph, ...inferred } = cleaned.infer(dims).graph;
    const outputs = new Set(graph.outputs.map(({ name }) => name));
    const scores = scoreTensors({ graph, ...inferred });
    const readable = cleaned.format.withOutputs !== undefined;
    this.tensors = readable ? scores : [...outputs];
    this.inner = this.tensors.filter((name) => !outputs.has(name));
  }

  /** SQNR over all samples; −Infinity where a value became infinite or not a number, or nothing can be compared. */
  async decibels(path: string): Promise<number> {
    this.float ??= new KeptOutputs(this.bench, await this.withScores(this.cleaned.model.file), this.samples);
    const meter = new AccuracyMeter();
    const { tensors, samples } = this;
    await this.float.read(async (_, outputsOf) => {
      const copy = await this.withScores(path);
      const open = copy === path ? withSession : withCopy;
      await open(this.bench, copy, async (session) => {
        for (let index = 0; index < samples.size; index++) {
          const before = inOrder(await outputsOf(index), tensors);
          const after = inOrder(await session.run(await samples.feeds(index), tensors), tensors);
          meter.add(
            before,
            after.map(([, tensor]) => tensor),
            null,
          );
        }
      });
    });
    return meter.becameNonFinite ? Number.NEGATIVE_INFINITY : (meter.decibels ?? Number.NEGATIVE_INFINITY);
  }

  private async withScores(path: string): Promise<string> {
    if (this.inner.length === 0) return path;
    const copy = this.bench.newPath('scores');
    await withFile(this.bench, path, (file) => file.format.withOutputs?.(file, this.inner, copy));
    return copy;
  }
}
