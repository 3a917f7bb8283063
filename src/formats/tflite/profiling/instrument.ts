import type { InferredGraph } from '../../../model/inference';
import type { ModelFile } from '../../format';
import type { InstrumentedModel } from '../../profiling';
import type { TfliteModel } from '../reader';
import { attribute } from './attribution';
import { layersOf } from './layers';

/** What tells rows apart that are called alike: where they ran, before the name. */
const PLACE = /^\S+: /;

/** The file as it is: LiteRT's rows say which operators they are, or stand in the order of those. */
export function instrument(file: ModelFile, inferred: InferredGraph): InstrumentedModel {
  const layers = layersOf((file.model as TfliteModel).root, inferred);
  return {
    path: file.model.file,
    layers: layers.all,
    label: (row) => row.replace(PLACE, ''),
    attribute: (rows) => attribute(layers, rows),
  };
}
