import type { AdviceFacts } from './advice/situation';
import type { BoardPage } from './board';
import type { PageBudget, TextSpan } from './budgets';
import type { DeviceChoice, DevicesReport } from './devices';
import type { ImportedProfile } from './imported';
import type {
  CompareOptions,
  DataOptions,
  DimensionOptions,
  MeasureOptions,
  Preprocessing,
  QuantizeOptions,
} from './options';
import type { Recipe } from './recipes';
import type {
  BeforeAfter,
  Comparison,
  InspectReport,
  LayerReport,
  MemoryReport,
  ModuleReport,
  ProblemReport,
  ProfileReport,
  QuantizeReport,
  TensorReport,
} from './reports';
import type { RooflineReport } from './roofline';
import type { Request, Response, Told } from './rpc';
import type { TargetReport, TargetsReport } from './targets';

/**
 * Messages between the extension host and its pages. The page asks, the host answers every request once, with
 * a value or an error; the host also tells the page of what happens by itself (events).
 *
 * The page's HTML holds nothing but `<link rel="stylesheet" id="vscode-codicon-stylesheet" href="…/codicon.css">` and
 * `<script type="module" nonce="…" src="…/model.js">` (or `comparison.js`) and an empty body. Its CSP is
 * `default-src 'none'; style-src <cspSource>; font-src <cspSource>; script-src 'nonce-…'; worker-src blob:`.
 */
export interface PageRequests {
  /** Model page: everything but the rows. Asked again whenever the page is shown or dimensions change. */
  open: { params: DimensionOptions; result: OpenedModel };
  /** Rows of the flattened table, in the order of the file. */
  rows: { params: { from: number; to: number }; result: LayerRow[] };
  /** What the rows are grouped by, in the report's order. */
  modules: { params: { from: number; to: number }; result: ModuleReport[] };
  /** Which tensors rows take from which others: what the graph is drawn from. */
  edges: { params: { from: number; to: number }; result: GraphEdges };
  details: { params: { row: number }; result: LayerDetails };
  /** Rows whose weights or attributes hold a text. */
  find: { params: { text: string }; result: number[] };
  statistics: { params: { row: number; tensor: string }; result: TensorStatistics };
  /** What a weight would lose in fewer bits. */
  weightPrecisions: { params: { row: number; tensor: string }; result: WeightPrecisions };
  /** What lives while the layers run. */
  memory: { params: null; result: MemoryReport };
  /** Work and time of the layers beside this computer's ceilings, as far as both were measured. */
  roofline: { params: null; result: RooflineReport };
  /** Measures the ceilings of what ran the last profile, where they are not known. */
  measureCeilings: { params: null; result: RooflineReport };
  /** What advice asks of the model beyond its report. */
  adviceFacts: { params: null; result: AdviceFacts };
  /** What one of the model's deployment targets says of it, layer by layer. */
  target: { params: { target: string }; result: TargetReport };
  /** Whether it fits devices, and what a server would change; `runMs` is what a run takes, where that was measured. */
  deployment: { params: { runMs: number | null }; result: Deployment };
  /** The budgets that are for the model, as far as they were checked by now; none where there are none. */
  budgets: { params: null; result: PageBudget[] };
  /** Opens the file of a budget at one of its limits. */
  showLimit: { params: { config: string; at: TextSpan }; result: null };
  profile: {
    params: MeasureOptions & { data: DataOptions | null; signature?: string };
    result: ProfileReport;
  };
  /** What reports call the engines that run the model, or the compared ones, on this computer now; null: not known without running. */
  engines: { params: null; result: string[] | null };
  /** Where models can be measured, asked anew; only in trusted workspaces. */
  devices: { params: null; result: DevicesReport };
  /** Where this model is measured from now on; null: on this computer. */
  chooseDevice: { params: { device: DeviceChoice | null }; result: null };
  saveTrace: { params: null; result: { path: string } | null };
  /** Asks for a file that was measured elsewhere, and what its device is called; null when the user cancelled. */
  importMeasurements: { params: null; result: ImportedProfile | null };
  /** What the quantize form starts with. */
  quantizeDefaults: { params: null; result: QuantizeDefaults };
  quantize: { params: Partial<QuantizeOptions>; result: QuantizeAnswer };
  /** After a refusal: keep one of the two files that were built. */
  keepCandidate: { params: { which: 'quantized' | 'cleaned' }; result: { path: string } | null };
  cancel: { params: null; result: null };
  /** A native dialog of the editor. */
  choosePath: {
    params: { what: 'data' | 'validation' | 'output' | 'labels' | 'twin' };
    result: { path: string } | null;
  };
  copy: { params: { text: string }; result: null };
  /** Saves through the editor's dialog; null when the user cancelled. */
  save: { params: { name: string; text: string; base64?: true }; result: { path: string } | null };
  /** Comparison page. */
  comparison: { params: null; result: ComparisonPage };
  /** The two models as graphs, of which the page makes one. */
  comparisonGraph: { params: null; result: BeforeAfter<ModelGraph> };
  /** Opens the editor's own comparison of the two models' texts. */
  compareAsText: { params: null; result: null };
  /** Reads the two models again, as their files are now, without running them; null when the user cancelled. */
  compareAgain: { params: null; result: ComparisonPage | null };
  /** Runs the two models, with or without timing them; null when the user cancelled. */
  measureComparison: { params: { latency: boolean }; result: ComparisonPage | null };
  /** Of a comparison that quantizing made: quantizes its first model again, as advice says. */
  quantizeAgain: { params: Partial<QuantizeOptions>; result: null };
  /** What became of the model's layers in a candidate of the search; its reasons are in the search's report. */
  candidateLayers: { params: { id: string }; result: Comparison };
  /** Asks where, and gives a candidate of the search that name; null when the user cancelled. */
  saveCandidate: { params: { id: string }; result: { path: string } | null };
  /** Opens a comparison of two candidates, of which the original may be one. */
  compareCandidates: { params: { before: string; after: string }; result: null };
  /** Searches around a candidate for as long again; null when the user cancelled before anything was found. */
  continueSearch: { params: { id: string }; result: ComparisonPage | null };
  /**
   * Gives a column of the board to the page's model, or to the two of a comparison; with an id to that candidate of its
   * search, beside the original.
   */
  addToBoard: { params: { candidate: string | null }; result: null };
  /** The board's page. */
  board: { params: null; result: BoardPage };
  /** Asks for models, and gives each a column. */
  pickForBoard: { params: null; result: BoardPage };
  removeFromBoard: { params: { id: string }; result: BoardPage };
  /** Makes it the first, which the others are set against. */
  setAgainst: { params: { id: string }; result: BoardPage };
  readBoardAgain: { params: null; result: BoardPage };
  /** Runs all of its models, with or without timing them; null when the user cancelled. */
  measureBoard: { params: { latency: boolean }; result: BoardPage | null };
  /** Opens a comparison of the first model with this one. */
  compareOnBoard: { params: { id: string }; result: null };
  openModel: { params: { path: string }; result: null };
  /** Id of the row that somebody outside of the page wants to see, told once. */
  wantedRow: { params: null; result: string | null };
  /** Shows the model as text, at the line of a row. */
  revealText: { params: { row: number }; result: null };
  showLog: { params: null; result: null };
}

/** Of `caliper targets`, what is of no single target. */
export type Deployment = Pick<TargetsReport, 'devices' | 'server'>;

export type RequestKind = keyof PageRequests;

export type PageMessage = Request<PageRequests>;

export type HostMessage = Response<PageRequests> | Told<PageEvent>;

export type JobName = 'profile' | 'ceilings' | 'quantize' | 'search' | 'compare';

export type PageEvent =
  | { kind: 'progress'; job: JobName; message: string; fraction: number | null }
  | { kind: 'jobEnded'; job: JobName }
  /** A profile that a command started, or that another view of the document did. */
  | { kind: 'profiled'; report: ProfileReport }
  /** All that was measured elsewhere and laid over the model, after another one came. */
  | { kind: 'imported'; imported: ImportedProfile[] }
  /** Budgets were checked: ask for those of the model again. */
  | { kind: 'budgets' }
  /** The file changed on disk: ask again. */
  | { kind: 'changed' }
  /** A command asks the page to show its quantize form. */
  | { kind: 'showQuantize' }
  /** There is a wanted row: ask for it. */
  | { kind: 'reveal' };

export interface OpenedModel {
  fileName: string;
  formatName: string;
  report: Omit<InspectReport, 'layers' | 'tensors' | 'modules'>;
  rows: number;
  modules: number;
  /** Why the model is read but not run, in a sentence: its format, or an untrusted workspace; else null. */
  cannotRun: string | null;
  /** Why quantizing could only say no, in a sentence: the format, the model, or an untrusted workspace; else null. */
  cannotQuantize: string | null;
  /** Where models of this format are deployed that can be checked. */
  targets: { id: string; name: string }[];
  /** Threads and runs that the settings name, and the device that was chosen: what a profile starts with. */
  measure: MeasureOptions;
  /** The last profile of this document, so that it survives hiding and reloading. */
  profile: ProfileReport | null;
  /** What was measured elsewhere and laid over it, while the document is open. */
  imported: ImportedProfile[];
  /** The last ones on other devices, with the same sizes. */
  otherProfiles: ProfileReport[];
  /** Largest value of each figure, for the bars. */
  maxima: { parameters: number; parameterBytes: number; activationBytes: number; macs: number };
}

/** A layer of the table: depth 0 is the main graph, its bodies' nodes follow it, one deeper. */
export interface LayerRow extends Omit<LayerReport, 'body'> {
  index: number;
  depth: number;
  /** Row of the node whose body it is in, null in the main graph. */
  parent: number | null;
  hasBody: boolean;
}

/** Flat, because there may be millions: the tensors of each row one behind the other. */
export interface GraphEdges {
  /** Tensors that each row takes. */
  counts: number[];
  /** Row that gives each of them, or −1 − the place of an input of the model. */
  sources: number[];
  /** Which output of that row. */
  slots: number[];
  /** With the first row: the same of each output of the model; null where it is a constant. */
  outputs: ([row: number, slot: number] | null)[];
}

/** All that a graph is drawn from, at once: of models that are compared, whose layers are on the page already. */
export interface ModelGraph {
  rows: LayerRow[];
  modules: ModuleReport[];
  edges: GraphEdges;
  inputs: TensorReport[];
  outputs: TensorReport[];
}

export interface LayerDetails {
  row: number;
  name: string;
  op: string;
  description: string | null;
  attributes: { name: string; value: string }[];
  inputs: (TensorReport & { producer: number | null; constant: boolean })[];
  outputs: (TensorReport & { bytes: number | null; consumers: number[] })[];
  weights: {
    name: string;
    type: string;
    shape: number[];
    bytes: number;
    elements: number;
    shared: boolean;
  }[];
  problems: ProblemReport[];
}

export interface TensorStatistics {
  tensor: string;
  elements: number;
  /** Elements that were read; fewer than `elements` when the tensor is too large to read whole. */
  read: number;
  min: number | null;
  max: number | null;
  mean: number | null;
  std: number | null;
  zeros: number;
  nonFinite: number;
  histogram: { from: number; to: number; counts: number[] } | null;
}

export interface WeightPrecisions {
  tensor: string;
  /** Of the output channels; null: not known, so nothing by channel was tried. */
  axis: number | null;
  forms: {
    label: string;
    /** Of the weights themselves; null also where nothing is lost. */
    sqnrDb: number | null;
    identical: boolean;
  }[];
}

export interface QuantizeDefaults {
  recipe: Recipe;
  /** Why that one: `a convolutional network`. */
  reason: string;
  /** null where the model cannot be quantized; then `reason` is the sentence that says why. */
  possible: boolean;
  /** What the format's files can be made by. */
  recipes: readonly OfferedRecipe[];
  /** The type of activations can be chosen: the format has kernels for several. */
  choosesActivations: boolean;
  options: Partial<QuantizeOptions>;
  /** The image input's size where it has one. */
  imageInput: { width: number; height: number; layout: 'nchw' | 'nhwc' } | null;
  /** false: nothing here runs the model, so that data and timing mean nothing. */
  runs: boolean;
  /** Only how weights are stored can be chosen: in groups, some of them zero, and rounded by a twin that runs. */
  weightsAlone: boolean;
  /** How many weights may share a scale in 4 bits; null: any number, of output channels that share a table too. */
  groupSizes: readonly number[] | null;
  /** Weights alone can be stored by the format's standard, or as the engine is fastest at. */
  weightForms: boolean;
  /** The open dimension along which positions of a sequence lie, at lengths of which latency is measured; null: there is none. */
  sequence: string | null;
  preprocessing: Preprocessing | null;
}

/** A recipe as it is offered for a model. */
export interface OfferedRecipe {
  recipe: Recipe;
  /** Why nothing is made of the model by it, in a sentence; null where something is. */
  refusal: string | null;
  /** Inputs and outputs can be integers by it. */
  ports: boolean;
  /** Weights are rounded by calibration data, where some are given. */
  rounds: boolean;
  /** Where the result goes by default. */
  output: string;
}

export type QuantizeAnswer =
  | { status: 'written'; report: QuantizeReport }
  | { status: 'refused'; reason: string; report: QuantizeReport }
  | { status: 'cancelled' };

export interface ComparisonPage {
  /** The page keeps it in its state, so that the editor can show the same comparison after a reload. */
  id: string;
  comparison: Comparison | QuantizeReport;
  beforeName: string;
  afterName: string;
  /** The first one is a model as git's HEAD had it. */
  beforeIsHead: boolean;
  /** What became of the files since they were compared: the figures are of what they were before. */
  outdated: BeforeAfter<'changed' | 'missing' | null>;
  /** Of a comparison: what it is measured with when the page asks for it. */
  options: CompareOptions | QuantizeOptions | null;
  /** Why the two are not run here, in a sentence: their formats, or an untrusted workspace; else null. */
  cannotRun: string | null;
  /** Files of the search's candidates are still there, so that they can be saved and compared. */
  keepsCandidates: boolean;
}
