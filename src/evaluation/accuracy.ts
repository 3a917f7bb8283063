import { reportedDecibels, Sqnr } from '../analysis/sqnr';
import type { Accuracy } from '../protocol/reports';
import type { Feeds, RuntimeTensor } from '../runtime/engine';
import { floatValues } from './floats';

/** Compares the outputs of two models sample by sample, keeping sums only. */
export class AccuracyMeter {
  private readonly sqnr = new Sqnr();
  private readonly byOutput = new Map<string, Sqnr>();
  /** Of the first model's outputs that had any values: whether one of them was finite. */
  private readonly finite = new Map<string, boolean>();
  private samples = 0;
  private rows = 0;
  /** Rows are positions of sequences. */
  private ofPositions = false;
  private agreeing = 0;
  private labelled = 0;
  private readonly right = { before: 0, after: 0 };
  /** Labels that are not a class of the model: how many, and the first with the classes that there are. */
  private foreign = 0;
  private firstForeign: { readonly label: number; readonly classes: number } | null = null;
  private readonly unlike = new Set<string>();
  private integers = 0;
  private lostFinite = false;

  /**
   * Outputs of one run of each model, in the models' order; `after[i]` answers `before[i]`.
   * `label` is the sample's class index, null when unknown; `inputs` are what the first model was given.
   */
  add(
    before: readonly [string, RuntimeTensor][],
    after: readonly RuntimeTensor[],
    label: number | null,
    inputs: Feeds = {},
  ): void {
    this.samples++;
    let classified = false;
    before.forEach(([name, float], index) => {
      const other = after[index];
      if (other === undefined) return;
      const a = floatValues(float);
      const b = floatValues(other);
      if (a === null || b === null) {
        this.integers++;
        return;
      }
      if (a.length !== b.length) {
        this.unlike.add(name);
        return;
      }
      this.sqnr.add(a, b);
      const own = this.byOutput.get(name) ?? new Sqnr();
      own.add(a, b);
      this.byOutput.set(name, own);
      if (a.length > 0) this.finite.set(name, this.finite.get(name) || a.some(Number.isFinite));
      if (!this.lostFinite) this.lostFinite = a.some((v, i) => Number.isFinite(v) && !Number.isFinite(b[i]));
      const classes = classCount(float, inputs);
      if (classified || classes === null) return;
      classified = true;
      this.ofPositions ||= float.shape.length === POSITIONS_RANK;
      this.classify(a, b, classes, label);
    });
  }

  private classify(a: ArrayLike<number>, b: ArrayLike<number>, classes: number, label: number | null): void {
    const isClass = label !== null && Number.isInteger(label) && label >= 0 && label < classes;
    if (label !== null && !isClass) {
      this.foreign++;
      this.firstForeign ??= { label, classes };
    }
    for (let row = 0; row < a.length; row += classes) {
      // What is not a number has no class.
      const before = hasNaN(a, row, classes) ? null : argmax(a, row, classes);
      const after = hasNaN(b, row, classes) ? null : argmax(b, row, classes);
      if (before !== null) this.rows++;
      if (before !== null && before === after) this.agreeing++;
      if (!isClass) continue;
      this.labelled++;
      if (before === label) this.right.before++;
      if (after === label) this.right.after++;
    }
  }

  /** The pooled ratio as it is, Infinity included; null when there was nothing to compare. */
  get decibels(): number | null {
    return this.sqnr.decibels;
  }

  /** A value that is finite in the float model became infinite or not a number. */
  get becameNonFinite(): boolean {
    return this.lostFinite;
  }

  result(data: string): Accuracy {
    const { labelled, right, finite } = this;
    return {
      samples: this.samples,
      data,
      sqnrDb: reportedDecibels(this.decibels),
      identical: this.decibels === Infinity && this.unlike.size === 0,
      ...this.worstOutput(),
      ...(finite.size > 0 && ![...finite.values()].includes(true) ? { notFinite: true as const } : {}),
      top1Agreement: this.rows === 0 ? null : this.agreeing / this.rows,
      ...(this.ofPositions && this.rows > 0 ? { positions: this.rows } : {}),
      // Where some labels are no classes, the others most likely mean other classes, too.
      ...(labelled === 0 || this.foreign > 0
        ? {}
        : { top1: { before: right.before / labelled, after: right.after / labelled } }),
    };
  }

  private worstOutput(): Pick<Accuracy, 'worstOutput'> {
    const pooled = this.decibels;
    const all = [...this.byOutput].flatMap(([name, { decibels }]) =>
      decibels === null ? [] : [{ name, decibels }],
    );
    if (pooled === null || all.length < 2) return {};
    const worst = all.reduce((a, b) => (b.decibels < a.decibels ? b : a));
    if (!(pooled - worst.decibels >= FAR_BELOW_DB)) return {};
    return { worstOutput: { name: worst.name, sqnrDb: reportedDecibels(worst.decibels) } };
  }

  /** What was left out of the figures, in sentences. */
  get warnings(): string[] {
    const warnings: string[] = [];
    if (this.integers > 0) warnings.push('Outputs that are not floating point are not part of the SQNR.');
    if (this.sqnr.nonFinite > 0)
      warnings.push(`${this.sqnr.nonFinite} output values that are not finite are not part of the SQNR.`);
    for (const [name, finite] of this.finite)
      if (!finite)
        warnings.push(`The first model's output ${name} held no finite number (NaN or infinite throughout).`);
    if (this.firstForeign !== null) {
      const { label, classes } = this.firstForeign;
      warnings.push(
        `${this.foreign} of ${this.samples} labels are no class of the model, such as ${label} where classes go from 0 to ${classes - 1}, so no top-1 accuracy is given: correct the labels, or shift them with --label-offset.`,
      );
    }
    for (const name of this.unlike)
      warnings.push(`Output ${name} has another size in the two models, so it was not compared.`);
    return warnings;
  }
}

/** An output this far below all of them together is worth a word: its noise is four times theirs, by its own measure. */
const FAR_BELOW_DB = 6;

/** Dimensions of scores of every position: [N, T, C]. */
const POSITIONS_RANK = 3;

/**
 * Classes of an output that scores them: shape [N, C] or [N, C, 1, 1], or [N, T, C] where the inputs are sequences
 * [N, T] or [N, T, …] whose positions are each classified, as tokens are; C > 1. Else null: [N, T, C] without such an
 * input may be boxes.
 */
export function classCount({ shape }: RuntimeTensor, inputs: Feeds = {}): number | null {
  const [batch, second = 0, third = 0] = shape;
  const isSequence = (input: RuntimeTensor | undefined) =>
    (input?.shape.length === 2 || input?.shape.length === 3) &&
    input.shape[0] === batch &&
    input.shape[1] === second;
  const flat = shape.length === 2 || (shape.length === 4 && third === 1 && shape[3] === 1);
  const ofPositions = shape.length === POSITIONS_RANK && Object.values(inputs).some(isSequence);
  const classes = ofPositions ? third : flat ? second : 0;
  return classes > 1 ? classes : null;
}

/** Index of the largest of `count` values from `start`; the first one among equals. */
export function argmax(values: ArrayLike<number>, start: number, count: number): number {
  let best = 0;
  for (let i = 1; i < count; i++) {
    if ((values[start + i] ?? Number.NaN) > (values[start + best] ?? Number.NaN)) best = i;
  }
  return best;
}

function hasNaN(values: ArrayLike<number>, start: number, count: number): boolean {
  for (let i = start; i < start + count; i++) if (Number.isNaN(values[i])) return true;
  return false;
}

/** Outputs of a run in a fixed order. */
export function inOrder(outputs: Feeds, names: readonly string[]): [string, RuntimeTensor][] {
  return names.map((name) => {
    const tensor = outputs[name];
    if (tensor === undefined) throw new Error(`The model gave no output ${name}.`);
    return [name, tensor];
  });
}
