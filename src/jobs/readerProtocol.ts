import type { AdviceFacts } from '../protocol/advice/situation';
import type { ImportedProfile } from '../protocol/imported';
import type { DimensionOptions, LiteRtPlaces } from '../protocol/options';
import type {
  ComparisonPage,
  Deployment,
  GraphEdges,
  LayerDetails,
  LayerRow,
  ModelGraph,
  OfferedRecipe,
  OpenedModel,
  QuantizeDefaults,
  TensorStatistics,
  WeightPrecisions,
} from '../protocol/page';
import type { MemoryReport, ModuleReport, ProfileReport } from '../protocol/reports';
import type { RooflineReport } from '../protocol/roofline';
import type { TargetReport } from '../protocol/targets';
import type {
  TextHover,
  TextNames,
  TextPosition,
  TextProblem,
  TextRange,
  TextSymbol,
} from '../protocol/text';
import type { ModelIndex } from '../python/linking/modelIndex';

/** What is known of a model without running it, and without knowing of other runs. */
export type ReadModel = Omit<OpenedModel, 'measure' | 'profile' | 'otherProfiles' | 'imported'>;

/** Which recipe fits a model, and what its images look like. */
export type QuantizeChoice = Pick<
  QuantizeDefaults,
  | 'recipe'
  | 'reason'
  | 'possible'
  | 'imageInput'
  | 'runs'
  | 'choosesActivations'
  | 'weightsAlone'
  | 'groupSizes'
  | 'weightForms'
  | 'sequence'
> & {
  /** Those that files of its format can be made by. */
  readonly recipes: readonly Omit<OfferedRecipe, 'output'>[];
};

/** How two models differ; `cannotRun` says why their formats are not run, else it is null. */
export type ReadComparison = Pick<ComparisonPage, 'comparison' | 'cannotRun'>;

/**
 * Questions to the reading thread. Each names the dimension values that it is about, because two views of a
 * document may look at it with different ones.
 */
export interface ReaderRequests {
  open: { params: { choice: DimensionOptions }; result: ReadModel };
  rows: { params: { choice: DimensionOptions; from: number; to: number }; result: LayerRow[] };
  modules: { params: { choice: DimensionOptions; from: number; to: number }; result: ModuleReport[] };
  edges: { params: { choice: DimensionOptions; from: number; to: number }; result: GraphEdges };
  /** All of it at once. */
  graph: { params: { choice: DimensionOptions }; result: ModelGraph };
  find: { params: { choice: DimensionOptions; text: string }; result: number[] };
  details: { params: { choice: DimensionOptions; row: number }; result: LayerDetails };
  statistics: {
    params: { choice: DimensionOptions; row: number; tensor: string };
    result: TensorStatistics;
  };
  memory: { params: { choice: DimensionOptions }; result: MemoryReport };
  /** `memory`: the folder where what this computer reaches is remembered. */
  roofline: {
    params: { choice: DimensionOptions; profile: ProfileReport | null; memory: string };
    result: RooflineReport;
  };
  weightPrecisions: {
    params: { choice: DimensionOptions; row: number; tensor: string };
    result: WeightPrecisions;
  };
  /** Looks for data beside the model, too. */
  adviceFacts: { params: { choice: DimensionOptions }; result: AdviceFacts };
  target: { params: { choice: DimensionOptions; target: string }; result: TargetReport };
  deployment: { params: { choice: DimensionOptions; runMs: number | null }; result: Deployment };
  /** What reports call the engines that run the model now; null: not known without running it. */
  engines: { params: { places: LiteRtPlaces }; result: string[] | null };
  /** What the layers of a source are looked for in, with dimensions as the file has them. */
  index: { params: null; result: ModelIndex };
  /** Lays a file with measurements over the model; `name` is what the user calls the device. */
  importMeasurements: {
    params: { choice: DimensionOptions; source: string; name: string | null };
    result: ImportedProfile;
  };
  /** Writes a file: the JSON of `caliper inspect --json`, or the table as CSV. An existing one is replaced. */
  export: {
    params: { choice: DimensionOptions; as: 'csv' | 'json'; profile: ProfileReport | null; target: string };
    result: null;
  };
  /** Everything that the model consists of: its file or package, and the files that hold its weights. */
  inputs: { params: null; result: string[] };
  /** Gives a model that lies in a temporary folder its name, whatever files belong to it. */
  place: { params: { built: string; output: string; force: boolean }; result: null };
  /** With another model, without running either. */
  compare: { params: { choice: DimensionOptions; other: string }; result: ReadComparison };
  /** Files beside the model that hold its weights, missing ones too. */
  companions: { params: null; result: string[] };
  quantizeChoice: { params: { choice: DimensionOptions }; result: QuantizeChoice };
  /** The model as text, as much of it as an editor shows. */
  text: { params: { choice: DimensionOptions }; result: string };
  /** What a file with the text of a model holds now; questions are then about the model that it states. */
  setText: { params: { text: string }; result: TextProblem[] };
  textOutline: { params: null; result: TextSymbol[] };
  /** First and last lines. */
  textFolds: { params: null; result: [first: number, last: number][] };
  textNames: { params: { at: TextPosition }; result: TextNames | null };
  textHover: { params: { choice: DimensionOptions; at: TextPosition }; result: TextHover | null };
  /** Where a row of the model's table stands in its text; null where it does not. */
  textOfRow: { params: { choice: DimensionOptions; row: number }; result: TextRange | null };
}

export type ReaderKind = keyof ReaderRequests;
