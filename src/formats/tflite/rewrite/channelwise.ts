import type { Channelwise, FoldedActivation, PlanNode, Range } from '../../plan';
import { numberOption } from '../options';
import type { EditedOperator, GraphEditor } from './editor';

/** By number of ActivationFunctionType: what it limits to. The others do more than that. */
const LIMITS: ReadonlyMap<number, Range> = new Map([
  [1, { min: 0, max: Number.POSITIVE_INFINITY }],
  [2, { min: -1, max: 1 }],
  [3, { min: 0, max: 6 }],
]);

/** Operators that are nothing but a limit. */
const ALONE: ReadonlyMap<string, Range> = new Map([
  ['RELU6', { min: 0, max: 6 }],
  ['RELU_0_TO_1', { min: 0, max: 1 }],
]);

/** Operators that only arrange or mix places, where channels are the last axis. */
const OF_PLACES: ReadonlyMap<string, Channelwise> = new Map([
  // Zeros stay zeros.
  ['PAD', 'homogeneous'],
  ['SPACE_TO_BATCH_ND', 'homogeneous'],
  ['BATCH_TO_SPACE_ND', 'linear'],
  ['MIRROR_PAD', 'linear'],
  ['RESIZE_BILINEAR', 'linear'],
  ['RESIZE_NEAREST_NEIGHBOR', 'linear'],
]);

/** What an operator makes of factors of its channels, where its kind alone does not tell. */
export function scalingOf(
  editor: GraphEditor,
  operator: EditedOperator,
): Pick<PlanNode, 'folded' | 'channelwise'> {
  const folded = foldedOf(operator);
  const channelwise = channelwiseOf(editor, operator);
  return { ...(folded !== null && { folded }), ...(channelwise !== null && { channelwise }) };
}

function foldedOf({ op, table }: EditedOperator): FoldedActivation | null {
  const alone = ALONE.get(op);
  if (alone !== undefined) return alone;
  const activation = numberOption(table, 'fusedActivationFunction');
  return activation === 0 ? null : (LIMITS.get(activation) ?? 'other');
}

function channelwiseOf(editor: GraphEditor, operator: EditedOperator): Channelwise | null {
  const { op, inputs } = operator;
  if (ALONE.has(op)) return 'linear';
  if (op === 'MEAN') return isOverPlaces(editor, operator) ? 'linear' : null;
  const { shape = [] } = editor.tensor(inputs[0] ?? 0);
  return shape.length >= 3 ? (OF_PLACES.get(op) ?? null) : null;
}

/** A mean over all but the first and the last axis. */
function isOverPlaces(editor: GraphEditor, { inputs: [data = -1, axes = -1] }: EditedOperator): boolean {
  const stored = editor.constant(axes);
  const rank = editor.tensor(data).shape?.length ?? 0;
  if (stored === undefined || rank < 3) return false;
  const reduced = Array.from(editor.values(stored), (axis) => (axis < 0 ? rank + axis : axis));
  return reduced.every((axis) => axis > 0 && axis < rank - 1);
}
