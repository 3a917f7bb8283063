import type { TextSpan } from '../protocol/budgets';
import type { DimensionOptions, Preset } from '../protocol/options';
import type { FigureName } from './figures';
import type { PrecisionName } from './precision';

/** What `caliper.json` says, and where it says it. */
export interface BudgetFile {
  /** Absolute path. */
  readonly path: string;
  readonly text: string;
  readonly budgets: readonly Budget[];
}

/** Limits that the models of some globs must keep. */
export interface Budget {
  /** Its name, else which one it is. */
  readonly name: string;
  /** From the folder of `caliper.json`, with slashes; those that begin with `!` leave out. */
  readonly models: readonly string[];
  readonly sizes: DimensionOptions;
  readonly limits: readonly Limit[];
  /** Of its `models`. */
  readonly at: TextSpan;
}

export type Limit = { readonly at: TextSpan } & (
  | MostLimit
  | OperatorLimit
  | PrecisionLimit
  | VersionLimit
  | GrowthLimit
  | LatencyLimit
  | AccuracyLimit
  | TargetLimit
);

/** A figure that is at most so much; of the weights perhaps those of one element type. */
export interface MostLimit {
  readonly kind: 'most';
  readonly figure: FigureName;
  readonly type: string | null;
  readonly most: number;
}

export interface OperatorLimit {
  readonly kind: 'operators';
  /** Only these, or none of these. */
  readonly rule: 'allowed' | 'forbidden';
  readonly operators: readonly string[];
}

/** At least this share of the multiply-accumulates is at a precision. */
export interface PrecisionLimit {
  readonly kind: 'precision';
  readonly precision: PrecisionName;
  readonly least: number;
}

export interface VersionLimit {
  readonly kind: 'opset' | 'version';
  readonly least: number | null;
  readonly most: number | null;
}

export interface GrowthLimit {
  readonly kind: 'growth';
  readonly figure: FigureName;
  /** A part of what it was. */
  readonly most: number;
}

/** Of a run on this computer, in turns with a reference; or in milliseconds, on a device that is named. */
export interface LatencyLimit {
  readonly kind: 'latency';
  readonly most: number;
  readonly reference: string | null;
  readonly device: string | null;
}

export interface AccuracyLimit {
  readonly kind: 'accuracy';
  readonly measure: 'top-1' | 'agreement' | 'sqnr';
  readonly least: number;
  readonly data: EvaluationData;
}

/** What a model is scored on: a float model on given samples. Paths are absolute. */
export interface EvaluationData {
  readonly reference: string;
  readonly data: string;
  readonly labels: string | null;
  readonly labelOffset: number;
  readonly preset: Preset | null;
}

/** No rule of a target fails, and of the multiply-accumulates at least this share runs there; null: every layer does. */
export interface TargetLimit {
  readonly kind: 'target';
  readonly target: string;
  readonly least: number | null;
}
