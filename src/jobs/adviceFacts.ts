import type { Analysis } from '../analysis/inspect';
import { memoryTimeline } from '../analysis/memoryTimeline';
import { dataBeside } from '../evaluation/data/dataBeside';
import type { ModelFile } from '../formats/format';
import { ModelError } from '../model/modelError';
import { heavyLayer } from '../protocol/advice/modelRules';
import type { AdviceFacts } from '../protocol/advice/situation';
import { RECIPES } from '../protocol/recipes';
import { smallerWeights } from '../quantization/smallerWeights';
import { fitOn } from '../targets/devices/fit';
import { deviceProfiles } from '../targets/devices/profiles';
import { imageSize } from './imageSize';

/** What the rules of advice ask of a model beyond its report. Reads no weights. */
export function adviceFacts(file: ModelFile, analysis: Analysis): AdviceFacts {
  const { rewriter, id } = file.format;
  const recipe = rewriter?.suggest(file).recipe ?? null;
  const possible = recipe !== null && rewriter?.refusal(file, recipe) === null;
  const { peakBytes, peakTensorCount, lowering } = memoryTimeline(analysis.inference.graph, file.format);
  return {
    memory: { peakBytes, peakTensorCount, lowering },
    recipe: possible ? recipe : null,
    recipes: possible ? RECIPES.filter(({ formats }) => formats.includes(id)).map(({ name }) => name) : [],
    smaller: possible ? smallerOf(file, analysis) : null,
    devices: deviceProfiles.map((device) => fitOn(file, analysis.report, analysis.inference.graph, device)),
    data: imageSize(analysis) === null ? null : dataBeside(file.model.file),
  };
}

function smallerOf(file: ModelFile, { rows, report }: Analysis): AdviceFacts['smaller'] {
  const heaviest = heavyLayer(rows, report.totals.parameterBytes);
  const elements = rows.find(({ id }) => id === heaviest?.id)?.parameters ?? null;
  if (heaviest === null || elements === null) return null;
  try {
    const found = smallerWeights(file, heaviest.id, elements);
    return found === null ? null : { id: heaviest.id, ...found };
  } catch (error) {
    // What cannot be planned is no advice; quantizing says why.
    if (error instanceof ModelError) return null;
    throw error;
  }
}
