/**
 * A model's layers as far as the source that defines it can be found in them: those with weights, and those whose
 * names say which module they come from. Small enough to be kept for every model of a workspace.
 */
export interface ModelIndex {
  /** Id of the format, such as `onnx`. */
  readonly format: string;
  /** What stands between the names of a path: Core ML's names know nothing but letters, digits and `_`. */
  readonly separator: '.' | '_';
  /** Element type that most bytes of the weights have. */
  readonly weightType: string | null;
  /** Elements and bytes of all weights, each tensor once. */
  readonly parameters: number | null;
  readonly parameterBytes: number | null;
  readonly macs: number | null;
  readonly rows: readonly IndexedRow[];
  /** false: the model has more layers than are kept here. */
  readonly complete: boolean;
}

export interface IndexedRow {
  /** Index in the flat table of the model's page, and which row that is. */
  readonly row: number;
  readonly id: string;
  readonly name: string;
  readonly op: string;
  /** Modules that its name, or what the exporter noted, says it belongs to; see `modulePaths`. */
  readonly paths: readonly string[];
  /** The module, where the name may only mean that it is called once more (`relu_1` for `relu`). */
  readonly repeats: string | null;
  readonly weights: readonly IndexedWeight[];
  /** Of the first input that is not constant, and of the first output; null = unknown. */
  readonly input: Shape | null;
  readonly output: Shape | null;
  readonly activationBytes: number | null;
  readonly macs: number | null;
}

export interface IndexedWeight {
  readonly name: string;
  /** The names as paths of a module and the tensor's role in it; see `tensorPaths`. */
  readonly paths: readonly string[];
  readonly shape: readonly number[];
  readonly type: string;
  /** Elements that are stored. */
  readonly elements: number;
}

type Shape = readonly (number | null)[];
