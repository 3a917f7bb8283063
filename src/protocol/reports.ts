import type { DeviceConditions, DeviceReport } from './devices';
import type { RooflineReport } from './roofline';
import type { SearchReport, SensitiveLayer } from './search';

/**
 * The JSON contract of `caliper`, version 1. The page shows the same objects that the terminal prints.
 * Fields may be added within a version; a field is never renamed, removed or given another meaning.
 * null = unknown, everywhere.
 */
export const CONTRACT_VERSION = 1;

// ── inspect ────────────────────────────────────────────────────────────────────────────────────────────

export interface InspectReport {
  version: number;
  format: string;
  file: string;
  fileBytes: number;
  /** Bytes of weights in files beside the model. */
  externalBytes: number;
  inputs: TensorReport[];
  outputs: TensorReport[];
  dims: Record<string, DimensionReport>;
  /** Inputs with an unnamed open dimension, which was assumed 1. */
  assumedInputs: string[];
  totals: Totals;
  layers: LayerReport[];
  /** What layers are grouped by, each behind the one around it. Absent in reports of earlier versions. */
  modules?: ModuleReport[];
  properties: { name: string; value: string }[];
  metadata: { name: string; value: string }[];
  /** Stored bytes of the weights by element type. */
  bytesByType: Record<string, number>;
  /** Ways to call the model that the file names, where its format has them. */
  signatures?: SignatureReport[];
  /** All tensors of the main graph by their number, where the format numbers them. */
  tensors?: NumberedTensorReport[];
  problems: ProblemReport[];
  /** An estimate. Absent in reports of earlier versions. */
  energy?: EnergyReport;
  /** Where it was asked for (`--memory`). */
  memory?: MemoryReport;
}

export interface DimensionReport {
  value: number;
  /** Nobody gave a value, so it is 1. */
  assumed: boolean;
  /** The user gave none, so it is the model's own default. */
  byDefault?: true;
}

export interface SignatureReport {
  name: string;
  /** Name of the graph that it calls. */
  graph: string;
  inputs: { name: string; tensor: string }[];
  outputs: { name: string; tensor: string }[];
}

export interface NumberedTensorReport extends TensorReport {
  /** As the file states it, with some size, mostly 1, for dimensions that it leaves open. */
  statedShape: number[] | null;
  constant: boolean;
}

/** What stored numbers stand for: real = scale · (stored − zero point). */
export interface QuantizationReport {
  /** Number of scales; null where a tensor of their own holds them. */
  scales: number | null;
  /** The only scale and zero point; null where there are several. */
  scale: number | null;
  zeroPoint: number | null;
  /** The axis along which every slice has its own. */
  axis: number | null;
  /** Neighbouring elements that share a scale, where they are blocks. */
  blockSize: number | null;
}

export interface ProblemReport {
  message: string;
  /** Name of the node that it is about, and the id of its row; a constant that is no node has a name alone. */
  node?: string;
  nodeId?: string;
  offset?: number;
}

export interface Totals {
  /** Nodes of the main graph. */
  layers: number;
  nodesWithSubgraphs: number;
  /** Graphs that call themselves, or have too many nodes in all, are not written out: `nodesWithSubgraphs` is a part. */
  nodesAtLeast?: true;
  initializerElements: number;
  parameters: number | null;
  parameterBytes: number | null;
  /** The part that is known, where the totals are not. */
  knownParameters: number;
  knownParameterBytes: number;
  activationBytes: number | null;
  /** The part that is known, where the total is not. */
  knownActivationBytes: number;
  peakActivationBytes: number | null;
  knownPeakActivationBytes: number;
  /** Node at which the peak happens. */
  peakNode: string | null;
  peakNodeId?: string;
  /** Memory that the engine takes for activations when it plans it ahead, where the format's engine does so. */
  arenaBytes?: number | null;
  macs: number | null;
  knownMacs: number;
  elementOps: number | null;
  knownElementOps: number;
}

/** What one run may take, as far as published energies of single operations say it. */
export interface EnergyReport {
  /** null = that of a layer is not known, then `knownPicojoules` is the rest. */
  picojoules: number | null;
  knownPicojoules: number;
  /** What it is estimated from, in a sentence. */
  source: string;
}

/** What of the activations lives while the layers of the main graph run, in the order of the file. */
export interface MemoryReport {
  /** As in the totals. */
  peakBytes: number | null;
  knownPeakBytes: number;
  /** Index in `steps` of the one at which most lives, as far as it is known; null where nothing lives. */
  peakStep: number | null;
  steps: MemoryStep[];
  /** What lives at the peak, the largest first: at most 50 of `peakTensorCount`. */
  peakTensors: PeakTensor[];
  peakTensorCount: number;
  /** What would lower the peak most, one after the other: each with those before it. Empty where a size is unknown. */
  lowering: MemoryLowering[];
  /** Where the format's engine plans memory ahead; null where that cannot be followed. */
  arena?: ArenaReport | null;
}

export interface MemoryStep {
  /** Of the layer. */
  id: string;
  name: string;
  /** While it runs, with the most that lives in a body of it; what is not known counts as 0. */
  liveBytes: number;
  /** Given by the layer. */
  addedBytes: number;
  /** Not needed behind it. */
  freedBytes: number;
}

/** A layer that a tensor comes from or goes to. */
export interface LayerReference {
  id: string;
  name: string;
}

export interface PeakTensor {
  name: string;
  bytes: number | null;
  /** made or taken by the layer at the peak, or held for a later one. */
  role: 'made' | 'taken' | 'held';
  /** null: it is an input. */
  madeBy: LayerReference | null;
  /** null: it is an output, which lives to the end. */
  lastUsedBy: LayerReference | null;
}

export interface MemoryLowering {
  tensor: string;
  bytes: number;
  /**
   * held: it need not lie there between two layers, if it is made again or moved meanwhile. passed: it need not exist,
   * if the two layers that pass it on run as one.
   */
  how: 'held' | 'passed';
  /** null: it is an input. */
  from: LayerReference | null;
  to: LayerReference;
  /** Layers that run while it is held and do not use it. */
  layersBetween: number;
  /** The peak that is left. */
  peakBytes: number;
}

/** One block of memory in which all activations of the main graph have a place. */
export interface ArenaReport {
  /** As in the totals, with the blocks of graphs that the main graph calls. */
  totalBytes: number;
  bytes: number;
  places: ArenaPlaceReport[];
}

export interface ArenaPlaceReport {
  tensor: string;
  offset: number;
  bytes: number;
  /** First and last step during which it keeps its place. */
  from: number;
  to: number;
}

export interface TensorReport {
  name: string;
  type: string | null;
  shape: (number | null)[] | null;
  declaredShape: (number | string | null)[] | null;
  /** Where the format says it of the tensor itself, not by operators around it. */
  quantization?: QuantizationReport;
}

export interface OutputReport extends TensorReport {
  bytes: number | null;
}

export interface LayerReport {
  /** Which layer it is, whatever others are called: its index in its graph behind the way there, `12` or `3/then_branch/0`. */
  id: string;
  name: string;
  op: string;
  outputs: OutputReport[];
  /** null: it holds weights that are not counted. */
  parameters: number | null;
  parameterBytes: number | null;
  /** Other layers use one of its weight tensors too. */
  shared: boolean;
  activationBytes: number | null;
  macs: number | null;
  elementOps: number | null;
  /** What one run of it may take, an estimate; null = not known. Absent in reports of earlier versions. */
  energyPicojoules?: number | null;
  /** Nodes of its bodies, present where it has any. */
  body?: LayerReport[];
  /** Id of the innermost module that it is in; absent where it is in none, and in reports of earlier versions. */
  module?: string;
}

/** Sums over layers with all that is in their bodies; each weight counts once. null = a part is unknown, then `known…` is the rest. */
export interface ModuleFigures {
  parameters: number | null;
  knownParameters: number;
  parameterBytes: number | null;
  knownParameterBytes: number;
  activationBytes: number | null;
  knownActivationBytes: number;
  macs: number | null;
  knownMacs: number;
  /** What one run may take, an estimate. Absent in reports of earlier versions. */
  energyPicojoules?: number | null;
  knownEnergyPicojoules?: number;
}

/** Layers of one graph that belong together, as the names of a model say, or the blocks that it repeats. */
export interface ModuleReport extends ModuleFigures {
  /** Of no other module and no layer. */
  id: string;
  /** What it is called among those around it. */
  name: string;
  /** The whole of it: `features/features.2/conv`. */
  path: string;
  /** Id of the module around it. */
  parent: string | null;
  /** Id of the layer in whose body it is; absent in the main graph. */
  layer?: string;
  /** name: layers are called after it. structure: it is one of the blocks that the graph repeats. */
  by: 'name' | 'structure';
  /** Layers that cost something, in all modules within it too. */
  layers: number;
}

// ── check ──────────────────────────────────────────────────────────────────────────────────────────────

/** Whether a model can be used where it is to be deployed, rule by rule. */
export interface CheckReport {
  version: number;
  file: string;
  /** Id and name of where it is to be deployed. */
  target: string;
  targetName: string;
  rules: RuleReport[];
}

export interface RuleReport {
  /** Id of the rule. */
  rule: string;
  /** What it asks for. */
  title: string;
  /** unknown: the file does not say, or it depends on what it is used for. */
  status: 'pass' | 'fail' | 'unknown';
  /** What the file has, in a sentence. */
  reason: string;
  /** What to change. */
  fix?: string;
}

// ── latency ────────────────────────────────────────────────────────────────────────────────────────────

export type Interval = [low: number, high: number];

export interface Latency {
  median: number;
  /** null where the tool that measured gives none. */
  p90: number | null;
  ci95: Interval;
  /** Runs that were timed, and those of them that counted: the others were interrupted by other programs. */
  runs?: number;
  counted?: number;
  /** The p90 is far above the median: the computer did not stay the same while it was measured. */
  unsteady?: true;
}

/**
 * scaled: the rows had to be scaled by more than is usual (outside 0.8 to 1.25) to add up to the whole. unscaled:
 * they are too far from it (more than 1.5), so they stand as they were measured, and have no shares.
 */
export type RowMark = 'scaled' | 'unscaled';

/** What ran a model, beyond the name that is shown. */
export interface EngineReport {
  name: string;
  /** null: nothing says it. */
  version: string | null;
  /** Slower than native code, and not by the same factor for every model. */
  webAssembly: boolean;
  /** Path of the library, where it was chosen among several places. */
  library?: string;
  /** Why this library: the user named it, it was shipped with Model Caliper, or it lies in a Python environment. */
  from?: 'named' | 'shipped' | 'python';
}

export type ProfileMethod = 'own profile' | 'layers alone';

export interface ProfileReport {
  version: number;
  file: string;
  /** Name and version, such as `ONNX Runtime 1.30.0`. */
  engine: string;
  /** More about it. Absent in reports of earlier versions, and where there is no more to say. */
  engines?: EngineReport[];
  cpu: string;
  threads: number;
  runs: number;
  latencyMs: Latency;
  /** What the inputs held: `random` or the path of the user's data. */
  inputs: string;
  /** The signature that was run, where one was asked for; its layers are those of the graph that it calls. */
  signature?: string;
  /** Shapes of the inputs that were run. Absent in reports of earlier versions. */
  inputShapes?: { name: string; shape: number[] }[];
  /**
   * How layers were timed: by the engine's own profile, or each as a model of its own. Absent in reports of earlier
   * versions, and where they are not timed.
   */
  method?: ProfileMethod;
  /** Sum of the profile's rows / median of the unprofiled runs, before scaling; null where layers are not timed. */
  profileFactor: number | null;
  /** In the order of the model's nodes, all of them. */
  layers: LayerLatency[];
  /** Rows of the engine's own, such as layout changes. */
  added: { name: string; op: string; medianMs: number; share: number | null; mark?: RowMark }[];
  /** Sentences that a reader of the numbers must know: how far they hold elsewhere, how layers were timed. */
  notes?: string[];
  /** Where it was measured. Absent in reports of earlier versions, which are all of this computer. */
  device?: DeviceReport;
  /** Where it was asked for (`--roofline`). */
  roofline?: RooflineReport;
  /** Of a phone, before and after measuring. */
  conditions?: BeforeAfter<DeviceConditions>;
}

export interface LayerLatency {
  /** As `inspect` has it. Absent in reports of earlier versions. */
  id?: string;
  name: string;
  op: string;
  /** null when it was folded into another row or did not run. */
  medianMs: number | null;
  /** Of the sum of the rows; null also where they do not explain the whole. */
  share: number | null;
  /** Absent where the row fits. */
  mark?: RowMark;
  /** The layer whose row holds its time, or what became of it: `a constant`. */
  fusedInto?: string;
  /** Present where that is a layer. */
  fusedIntoId?: string;
}

// ── quantize and compare ───────────────────────────────────────────────────────────────────────────────

export type Verdict = 'faster' | 'slower' | 'no difference measured';

export interface Speedup {
  /** Latency before / after. */
  ratio: number;
  ci95: Interval;
  verdict: Verdict;
}

export interface BeforeAfter<T> {
  before: T;
  after: T;
}

export interface Comparison {
  version: number;
  input: string;
  output: string;
  /** Ids of their formats. */
  format: BeforeAfter<string>;
  bytes: BeforeAfter<number>;
  parameterBytes: BeforeAfter<number | null>;
  peakActivationBytes: BeforeAfter<number | null>;
  /** As `inspect` has them, of each model. */
  totals: BeforeAfter<Totals>;
  /** Stored bytes of the weights by element type. */
  bytesByType: BeforeAfter<Record<string, number>>;
  /** What one run may take, an estimate. Absent in reports of earlier versions. */
  energy?: BeforeAfter<EnergyReport>;
  /** What differs besides the layers: inputs, outputs, and within a format what the files say of themselves. */
  changes: LayerChange[];
  /** How many of `layers` have which status. */
  statuses: Record<LayerStatus, number>;
  /** null when it was not asked for (`--no-measure`, `--no-run`), or the models were not run. */
  latencyMs: ComparedLatency | null;
  /** Of `quantize`: at the lengths of a sequence that were asked for; absent where the model has none, or nothing was timed. */
  latencyByLength?: LatencyAtLength[];
  /** null: the models were not run, as are the next three. */
  engine: string | null;
  /** As `ProfileReport` has them. */
  engines?: EngineReport[];
  cpu: string | null;
  threads: number | null;
  accuracy: Accuracy | null;
  /** Where the latencies are from, when that is another device than the computer whose engine and CPU stand above. */
  device?: MeasuredDevice;
  seconds: number;
  /** In the order of the first model; those that only the second one has where they are in it. */
  layers: LayerComparison[];
  /** Sentences that a reader of the numbers must know: random calibration, a split set, not faster here … */
  warnings: string[];
}

export interface MeasuredDevice extends DeviceReport {
  /** Name of what ran the models there. */
  engine: string;
  threads: number;
  conditions?: BeforeAfter<DeviceConditions>;
}

/** Of two models, or of the first two of more that were measured in one run. */
export interface ModelsComparison extends Comparison {
  /** The first model with each further one; absent where there are two. Layers and sizes of the first are in each. */
  others?: Comparison[];
}

export interface ComparedLatency {
  before: Latency;
  /** The float model after cleaning and folding; absent when two given models are compared. */
  cleaned?: Latency;
  after: Latency;
  /** Original against result. */
  speedup: Speedup;
  /** Cleaned float against result. */
  speedupOverCleaned?: Speedup;
}

/** Of a model with an open sequence dimension, on random inputs. */
export interface LatencyAtLength {
  /** Name of the dimension, and its size. */
  dim: string;
  length: number;
  before: Latency;
  after: Latency;
  speedup: Speedup;
}

export interface Accuracy {
  samples: number;
  /** What the samples were: `random` or a path. */
  data: string;
  /** null: no floating-point outputs; Infinity is written as null with `identical` true. */
  sqnrDb: number | null;
  identical: boolean;
  /** Before the Softmax, Sigmoid or ArgMax that outputs come from, where they do; null: no difference at all. */
  scoresSqnrDb?: number | null;
  /** The output with the lowest SQNR, where that is 6 dB or more below `sqnrDb`; null: noise where the float model gives zeros. */
  worstOutput?: { name: string; sqnrDb: number | null };
  /** Present where the first model gives no finite number at all. */
  notFinite?: true;
  /**
   * Not of the result itself, which does not run here, but of the same network in another file with the result's
   * weights in it. `without`: layers whose weights it does not have, so that they are as they were and the loss is at
   * least what is stated.
   */
  through?: { model: string; without: string[] };
  /** Fraction of samples whose top class is the same; a sample of which a score is not a number has none. */
  top1Agreement: number | null;
  /** Of models that classify each position of a sequence: those of all samples, of which `top1Agreement` is a fraction. */
  positions?: number;
  /** Fractions, where there are labels. */
  top1?: BeforeAfter<number>;
}

/** folded: one of the models has no such layer, but another layer that does its work. */
export const LAYER_STATUSES = ['unchanged', 'changed', 'added', 'removed', 'folded'] as const;
export type LayerStatus = (typeof LAYER_STATUSES)[number];

export interface LayerComparison {
  name: string;
  op: string;
  status: LayerStatus;
  before: LayerSide | null;
  after: LayerSide | null;
  /** What differs; a name that alone is another one leaves a layer unchanged. */
  changes: LayerChange[];
  /** Weights that differ, or of which it is not known whether they do. */
  weights: WeightComparison[];
  /** At this layer's output. */
  sqnrDb: number | null;
  /** Why the layer stayed in float. */
  kept?: string;
}

export interface LayerSide {
  parameterBytes: number | null;
  activationBytes: number | null;
  medianMs: number | null;
  /** Of the row's time, as in a profile. */
  mark?: RowMark;
  /** The layer that does its work, or whose row of the profile holds its time. */
  fusedInto?: string;
  /** Of that layer, where it is one: in this model; where the layer is only in the other one, in the first. */
  fusedIntoId?: string;
  /** The layer in this model; absent where another one does its work. */
  layer?: SideLayer;
}

export interface SideLayer {
  /** As `inspect` has it. Absent in reports of earlier versions. */
  id?: string;
  name: string;
  op: string;
  /** What the operator does, whatever its format calls it; absent where that has no name, and in earlier versions. */
  kind?: string;
  /** Of its first output. */
  type: string | null;
  shape: (number | null)[] | null;
  parameters: number | null;
  macs: number | null;
}

/** For people: `what` is an attribute's name, `shape`, `weight NAME` …; null where that model has none. */
export interface LayerChange {
  what: string;
  before: string | null;
  after: string | null;
}

export interface WeightComparison {
  before: WeightSide | null;
  after: WeightSide | null;
  /** The elements that were compared stand for the same numbers; null = unknown. */
  identical: boolean | null;
  /** Power of the first weight over that of the difference; null where identical or not compared. */
  sqnrDb: number | null;
  /** Elements that were compared: the first ones of a tensor too large to be read whole. */
  elements: number;
  /** The second one's channels were multiplied; they were brought back by the factors that fit best. */
  equalized?: true;
  /** Why it was not compared. */
  reason?: string;
}

export interface WeightSide {
  name: string;
  type: string;
  shape: number[];
  bytes: number;
}

/** Of models that were run. */
export interface MeasuredComparison extends Comparison {
  engine: string;
  cpu: string;
  threads: number;
  accuracy: Accuracy;
}

/** Where no engine runs the model, what is measured is null. */
export interface QuantizeReport extends Comparison {
  recipe: string;
  /** Activations and weights: `uint8/int8`. */
  pair?: string;
  /** Present where candidates were searched: what else there is between float and int8. */
  search?: SearchReport;
  /** How it was quantized: `ranges: min/max`, `rounding: error-compensating`. */
  steps?: string[];
  /** The layers that lose most in int8, the most first, where much was lost and nothing was searched. */
  sensitivity?: SensitiveLayer[];
  /** SQNR of the weights that are stored in another form, over all of them; null: nothing was lost. Where weights alone are changed. */
  weightSqnrDb?: number | null;
}
