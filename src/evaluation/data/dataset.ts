import type { Feeds } from '../../runtime/engine';

/** Samples that a model is calibrated or measured on. Nothing is read before it is asked for. */
export interface Dataset {
  /** Where it came from: the path that the user gave. */
  readonly name: string;
  readonly kind: 'images' | 'arrays' | 'test data sets';
  readonly size: number;
  /** Class index of each sample, label offset included; null when there are no labels. */
  readonly labels: readonly number[] | null;
  /** Sentences that whoever reads the results must know, such as how many files were left out. */
  readonly warnings: readonly string[];
  /** The model's inputs for one sample. The same every time. Throws ModelError when the file is damaged. */
  feeds(index: number): Promise<Feeds>;
}
