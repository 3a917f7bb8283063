import type { Origins } from '../formats/rewriter';
import type { NodeId } from '../model/nodeId';
import type { Assignment } from '../model/precision';
import type { Recipe } from '../protocol/recipes';
import type { Accuracy, Latency, Speedup } from '../protocol/reports';
import type { Alternative } from './alternatives';
import type { MixProblem, TimedRow } from './mix';
import type { LayerSensitivity } from './sensitivity/sensitivity';

/** A file with some layers in int8 and the others in float. */
export interface Mix {
  readonly path: string;
  /** Nodes of the cleaned model, by those of the file. */
  readonly origins: Origins;
  readonly assignment: Assignment;
  /** Layers in float that the search or the user put there; with the reason. */
  readonly kept: ReadonlyMap<NodeId, string>;
  /** Layers that could not be quantized, with the reason. */
  readonly impossible: ReadonlyMap<NodeId, string>;
}

/** A file that was written for an assignment. */
export type Built = Pick<Mix, 'path' | 'origins' | 'impossible'>;

/** What a candidate answers on the data. */
export interface Score {
  readonly accuracy: Accuracy;
  /** SQNR before a final Softmax, Sigmoid or ArgMax, in decibels. */
  readonly scoreDb: number;
}

/** Of a model that was timed alternately with the cleaned float one. */
export interface Raced {
  readonly latency: Latency;
  readonly overCleaned: Speedup;
}

/**
 * What a candidate is. `mix`: some layers in int8, the others in float32. `stored`: that mix with the weights of its float
 * layers stored in 8 bits. `recipe`: what another recipe makes of the whole model.
 */
export type Made =
  | { readonly kind: 'mix' }
  | { readonly kind: 'stored'; readonly of: string }
  | { readonly kind: 'recipe'; readonly recipe: Recipe };

/** A candidate as it would be delivered. */
export interface FoundMix {
  /** Follows from the layers in float alone, or from the recipe. */
  readonly id: string;
  readonly made: Made;
  readonly mix: Mix;
  /** With its biases corrected. */
  readonly path: string;
  /** What was done besides rounding, for people. */
  readonly steps: readonly string[];
  readonly warnings: readonly string[];
  readonly score: Score;
  readonly raced: Raced | null;
}

/** A file as it would be delivered. */
export type Delivered = Pick<FoundMix, 'path' | 'steps' | 'warnings'>;

/** What is searched, and how its candidates are made and measured. */
export interface SearchTask {
  readonly problem: MixProblem;
  readonly cleaned: string;
  /** int8 wherever it can be and the user does not keep float: the search gives layers back to float. */
  readonly assignment: Assignment;
  /** Layers that are in float in the candidate that the search goes on from; null: it begins. */
  readonly from: readonly NodeId[] | null;
  /** Multiplications of each layer: what its latency is taken to grow with where none is measured. */
  readonly work: readonly number[];
  /** One of so many machines that share the candidates; null: all are this one's. */
  readonly shard: { readonly index: number; readonly count: number } | null;
  /** Writes the model so and says where, and which layers it could not quantize, with the reason. */
  readonly build: (assignment: Assignment) => Built;
  /** Makes of a mix what would be delivered. */
  readonly finish: (mix: Mix) => Promise<Delivered>;
  /** What other recipes make of the whole model, and is worth trying; in that order. */
  readonly alternatives: readonly Alternative[];
  /** Makes of an alternative what would be delivered. */
  readonly store: (assignment: Assignment) => Promise<Built & Delivered>;
  /** The mix with the weights of these layers, which are in float, stored in 8 bits; null: none can be. */
  readonly storing: (assignment: Assignment, float: Iterable<NodeId>) => Assignment | null;
  /** The error with the layers of this assignment alone in integers, as a part of the outputs. */
  readonly error: (assignment: Assignment) => Promise<number>;
  /** Why these layers, by index, lose what they lose; for people. */
  readonly causes: (
    layers: readonly number[],
    errors: readonly number[],
  ) => Promise<ReadonlyMap<number, string | null>>;
  readonly score: (path: string) => Promise<Score>;
  /** It loses no more than the user allows. */
  readonly within: (score: Score) => boolean;
  /** About the signal to noise that this takes, in decibels, to begin with. */
  readonly aim: number;
  readonly profile: (path: string) => Promise<readonly TimedRow[]>;
  /** Times models alternately, the cleaned float one first. */
  readonly race: (paths: readonly string[]) => Promise<Raced[]>;
  /** The part of the time that has passed; 1 and more: none is left; Infinity: the user stopped the search. */
  readonly passed: () => number;
  readonly onProgress: (message: string) => void;
  readonly log: (line: string) => void;
}

/** What a search found. */
export interface SearchResult {
  /** In the order in which they were made; everything in int8 first. */
  readonly found: readonly FoundMix[];
  readonly rounds: number;
  /** The cleaned float model's; null where the computer was too busy, or no time was left. */
  readonly cleaned: Latency | null;
  /** The computer was too busy to time what was wanted: another time more may be found. */
  readonly busy: boolean;
  /** The layers that lose most in int8, the most first. */
  readonly sensitivity: readonly LayerSensitivity[];
  /** What a reader must know of how they were found. */
  readonly notes: readonly string[];
}
