import { present } from '../../../model/assert';
import { ModelError } from '../../../model/modelError';
import type { Layout, PlannedLayer } from '../../plan';
import type { WriteSettings } from '../../rewriter';
import { type Affine, affineOf } from '../../uniform';
import type { EditedOperator, GraphEditor } from './editor';
import { dataPlaces } from './plan';
import { POLICIES } from './policy';

/** A layer of integers with its operator. */
export interface IntegerLayer extends PlannedLayer {
  readonly operator: EditedOperator;
}

/** The one type of all activations that are integers. */
export function activationType(layers: readonly PlannedLayer[]): 'int8' | 'int16' {
  const types = new Set(layers.map(({ precision }) => precision.activations));
  const [type = 'int8'] = types;
  if (types.size > 1 || (type !== 'int8' && type !== 'int16'))
    throw new ModelError(`A .tflite file cannot be written with activations in ${[...types].join(' and ')}.`);
  return type;
}

/** What int16 kernels demand of an output with a fixed range. */
const FIXED_INT16: Affine = { scale: 1 / 32768, zeroPoint: 0 };

/**
 * Scale and zero point by root of the layout. Where a kernel wants its inputs to have its output's scale, those that
 * only it reads get that; what others read too keeps its own, and is converted on the way.
 */
export function activationScales(
  editor: GraphEditor,
  layers: readonly IntegerLayer[],
  { roots }: Pick<Layout, 'roots'>,
  { ranges }: Pick<WriteSettings, 'ranges'>,
  demanded: ReadonlyMap<string, Affine>,
): Map<string, Affine> {
  const type = activationType(layers);
  const fixed = new Set(layers.flatMap(({ role, output }) => (role.outputRange ? [output] : [])));
  for (const tensor of demanded.keys()) fixed.add(tensor);
  const scales = new Map<string, Affine>();
  for (const root of new Set(roots.values())) {
    const own = demanded.get(root);
    const range = present(ranges.get(root), `range of tensor ${root}`);
    if (own !== undefined) scales.set(root, own);
    else scales.set(root, type === 'int16' && fixed.has(root) ? FIXED_INT16 : affineOf(range, type));
  }
  const members = new Map<string, string[]>();
  for (const [tensor, root] of roots) members.set(root, [...(members.get(root) ?? []), tensor]);
  const layerOf = new Map(layers.map((layer) => [layer.operator, layer]));
  /** Only `reader` and operators that hand it on read a group. */
  const feedsOnly = (root: string, reader: EditedOperator) =>
    (members.get(root) ?? []).every((tensor) => {
      const index = editor.indexOf(tensor);
      return (
        !editor.outputs.includes(index) &&
        editor.readers(index).every((one) => one === reader || layerOf.get(one)?.role.kind === 'same-scale')
      );
    });
  for (const { operator, output } of [...layers].reverse()) {
    const policy = POLICIES.get(operator.op);
    if (policy?.scale !== 'of the output') continue;
    const own = present(scales.get(roots.get(output) ?? ''), `scale of ${output}`);
    for (const at of dataPlaces(operator, policy)) {
      const root = roots.get(editor.name(operator.inputs[at] ?? -1));
      if (root !== undefined && !fixed.has(root) && feedsOnly(root, operator)) scales.set(root, own);
    }
  }
  return scales;
}
