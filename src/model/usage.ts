/**
 * What a file says of how its inputs are filled and its outputs read, beyond types and shapes. Written by whoever
 * made the model: there may be more or fewer entries than inputs and outputs. The first is about the first of them.
 */
export interface Usage {
  readonly inputs: readonly InputUsage[];
  readonly outputs: readonly OutputUsage[];
}

export interface InputUsage {
  /** (value − mean) / std, one for all channels or one for each; null where the file says nothing. */
  readonly normalization: { readonly mean: readonly number[]; readonly std: readonly number[] } | null;
  /** As the format names it, such as `RGB`; null where the file says nothing. */
  readonly colorSpace: string | null;
}

export interface OutputUsage {
  /** Names of the classes along the last axis; null where the file says nothing. */
  readonly labels: LabelFile | null;
  /** The values are places in the picture. */
  readonly boundingBoxes: boolean;
}

export interface LabelFile {
  readonly name: string;
  /** null where it is missing or cannot be read. */
  readonly labels: number | null;
}
