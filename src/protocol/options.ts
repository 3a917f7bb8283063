import type { DeviceChoice } from './devices';
import type { Recipe } from './recipes';

/** What is asked of a job; the same object comes from the command line and from the page. */

export interface DimensionOptions {
  dims: Record<string, number>;
  shapes: Record<string, number[]>;
}

export const CHANNELS = ['rgb', 'bgr'] as const;
export const LAYOUTS = ['nchw', 'nhwc'] as const;
export const PRESETS = ['imagenet', 'half', 'unit', 'caffe', 'none'] as const;
export type Preset = (typeof PRESETS)[number];

/** How an image becomes an input: `(pixel · scale − mean) / std`, pixel 0..255. */
export interface Preprocessing {
  mean: number[];
  std: number[];
  scale: number;
  channels: (typeof CHANNELS)[number];
  /** null: follows from the input's shape. */
  layout: (typeof LAYOUTS)[number] | null;
  /** Length of the shorter side before cropping; null: 256/224 of the input's. */
  resize: number | null;
  /** Side of the centre crop; null: the input's size. */
  crop: number | null;
}

/**
 * Where LiteRT's own library, which runs TensorFlow Lite models at their real speed, may lie: what the user named, then
 * what is shipped, then Python environments. `instead` says why none is to be used.
 */
export interface LiteRtPlaces {
  library: string | null;
  /** Folders of Python environments, the likeliest first; those that the process's own variables name come before. */
  environments: string[];
  instead?: string;
}

/** Images (a folder, sub-folders = labels), a .npy or .npz file or a folder of them, or folders `test_data_set_*`. */
export interface DataOptions {
  path: string;
  /** CSV of path, class index. */
  labels: string | null;
  /** Added to a folder's or file's class index; 1 for models with a background class. */
  labelOffset: number;
}

export interface MeasureOptions {
  threads: number;
  /** Timed runs a session after warm-up. */
  runs: number;
  /** Where latencies are measured; absent or null: on this computer. */
  device?: DeviceChoice | null;
}

export interface ProfileOptions extends MeasureOptions, DimensionOptions {
  model: string;
  /** null: random inputs. */
  data: DataOptions | null;
  preprocessing: Preprocessing | null;
  seed: number;
  /** Where to save the engine's trace, in the format that Perfetto opens. */
  trace: string | null;
  /** Which of the ways to call the model that it names; without it, its main graph. */
  signature?: string;
}

/** Whose ceilings are wanted: of the engine that runs a model. */
export interface CeilingsOptions extends DimensionOptions {
  model: string;
  threads: number;
}

/** Weights alone: by the format's standard, for any engine, or by what this computer's engine is fastest at. */
export const WEIGHT_FORMS = ['engine', 'standard'] as const;
export type WeightForm = (typeof WEIGHT_FORMS)[number];

/** What the inputs and outputs of a quantized model are, where they are integers inside. */
export const PORTS = ['float', 'int8', 'uint8'] as const;

export const ACTIVATIONS = ['auto', 'uint8', 'int8'] as const;

/** How candidates between all layers in int8 and all in float are looked for. */
export interface SearchChoice {
  /** Points of top-1, or per cent of the samples in another class, that the result may lose. */
  maxLoss: number;
  /** Seconds for making and measuring candidates, after calibration. */
  seconds: number;
}

/** A search alone: its candidates are what it is for. */
export interface SearchOptions extends Omit<QuantizeOptions, 'recipe' | 'measure' | 'output' | 'signature'> {
  /** Where the chosen candidate is written; null: nowhere. */
  output: string | null;
  /** Ids of the layers in float in the candidate that the search goes on from; null: it begins. */
  from: string[] | null;
  /** One of so many machines, counted from 1, that share the candidates; null: all are this one's. */
  shard: { index: number; count: number } | null;
}

export interface QuantizeOptions extends MeasureOptions, DimensionOptions {
  model: string;
  output: string;
  /** null: follows the model. */
  recipe: Recipe | null;
  calibration: DataOptions | null;
  validation: DataOptions | null;
  /** null: not given, so the default is used and a warning says so. */
  preprocessing: Preprocessing | null;
  calibrationSamples: number;
  seed: number;
  /** Names of nodes that stay in float. */
  keep: string[];
  activations: (typeof ACTIVATIONS)[number];
  /** Of the recipe `int8`, which is searched. */
  search: SearchChoice;
  ports: (typeof PORTS)[number];
  /** Output channels that share a palette, or neighbouring weights that share a scale in 4 bits; absent: as the recipe has it. */
  groupSize?: number;
  /** How weights alone are stored; absent: `engine`. */
  weightForm?: WeightForm;
  /** The share of the weights that becomes zero, above 0 and below 1; absent: none, with the recipe `sparse` half of them. */
  sparsity?: number;
  /** Lengths of a sequence at which a model with an open dimension for it is timed; absent: 1 and 128. */
  lengths?: number[];
  /**
   * The same network as a model that runs here, for one that does not: the data is fed to it, its activations say how
   * weights are rounded, and it answers with the result's weights; absent or null: none.
   */
  twin?: string | null;
  /** Which of the ways to call the model that it names is quantized; without it, its main graph. */
  signature?: string;
  /** false: no timing, so no layer goes back to float and no latency is reported. */
  measure: boolean;
  /** Replace an existing output. */
  force: boolean;
}

export interface CompareOptions extends MeasureOptions, DimensionOptions {
  /** Two or more; the first is the one that the others are set against. */
  models: string[];
  data: DataOptions | null;
  preprocessing: Preprocessing | null;
  seed: number;
  measure: boolean;
  /** Which of the ways to call the models that they name; without it, their main graphs. */
  signature?: string;
}
