import type { Recipe } from '../recipes';
import type { Comparison, InspectReport, LayerReport, MemoryReport, ProfileReport } from '../reports';
import type { DeviceFit } from '../targets';

/** What a model's file and its folder say that is not in its report. */
export interface AdviceFacts {
  memory: Pick<MemoryReport, 'peakBytes' | 'peakTensorCount' | 'lowering'>;
  /** The recipe that fits, where the model can be quantized; else null. */
  recipe: Recipe | null;
  /** Those that can be asked for; none where the model cannot be quantized. */
  recipes: Recipe[];
  /** What the largest layer's weights would take as the smallest that a recipe makes of them. */
  smaller: SmallerWeights | null;
  /** Data that lie beside the model; null: none was found. */
  data: DataBeside | null;
  /** Whether it has room on the devices that profiles are known of. */
  devices: DeviceFit[];
}

export interface SmallerWeights {
  /** Id of the layer. */
  id: string;
  recipe: Recipe;
  /** How its weights are stored then: `int4`. */
  type: string;
  bytes: number;
}

export interface DataBeside {
  path: string;
  /** The path as it is seen from the model's folder. */
  name: string;
  images: number;
}

/** A model that is looked at. */
export interface ModelSituation {
  report: Pick<InspectReport, 'inputs' | 'dims' | 'assumedInputs' | 'totals' | 'format'>;
  /** Of the main graph, and those of bodies. */
  layers: readonly Pick<LayerReport, 'id' | 'name' | 'op' | 'parameters' | 'parameterBytes' | 'shared'>[];
  /** null: not known yet. */
  facts: AdviceFacts | null;
  /** Measured with the sizes of the report; null: not measured. */
  profile: ProfileReport | null;
  /** Id of the profile of the device that the model is for; null: none was chosen. */
  device: string | null;
}

/** Two models that were compared; `recipe` is what made the second of the first, if that is so. */
export type ComparedSituation = Comparison & { recipe?: string };
