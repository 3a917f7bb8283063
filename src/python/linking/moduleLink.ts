import type { LayerCall, LayerInstance } from '../sourceFile';
import type { IndexedRow, IndexedWeight, ModelIndex } from './modelIndex';

/** A module of a source, found in a model. */
export interface ModuleLink {
  readonly index: ModelIndex;
  /** Path in the model of what the module is, as the model spells it; '' = the model itself. */
  readonly prefix: string;
  /** By the layer's path in the module. */
  readonly layers: ReadonlyMap<string, LayerLink>;
  /** Layers whose weights have the shapes that the source says, and layers that should have any. */
  readonly confirmed: number;
  readonly expected: number;
}

export interface SourceLayer {
  readonly call: LayerCall;
  readonly instance: LayerInstance;
}

/** What became of a layer in a model. */
export type LayerLink =
  | LinkedLayer
  /** Its weights became part of another layer's: `into` is that layer's path. */
  | (SourceLayer & { readonly state: 'folded'; readonly into: string; readonly rows: readonly IndexedRow[] })
  | (SourceLayer & {
      readonly state: 'differs';
      readonly rows: readonly IndexedRow[];
      readonly expected: readonly (number | null)[];
      readonly actual: readonly number[];
    })
  /** The source does not say its shapes, so that its name alone leads to these rows. */
  | (SourceLayer & { readonly state: 'unconfirmed'; readonly rows: readonly IndexedRow[] })
  /**
   * `removed`: nothing is left of such a layer after exporting. `nameless`: the model does not name the modules of its
   * nodes, so that layers without weights cannot be found.
   */
  | (SourceLayer & { readonly state: 'removed' | 'nameless' | 'missing' });

export interface LinkedLayer extends SourceLayer {
  readonly state: 'linked';
  readonly rows: readonly IndexedRow[];
  /** Weights of the rows that are this layer's, and those that it does not make by itself. */
  readonly weights: readonly IndexedWeight[];
  readonly extra: readonly IndexedWeight[];
  /** Paths of normalizations that became part of it. */
  readonly folded: readonly string[];
}

/** A module that fits several places of a model equally well. */
export interface Ambiguity {
  readonly index: ModelIndex;
  readonly places: readonly string[];
}
