import { itemAt } from '../../../model/assert';
import type { ModelFile } from '../../format';
import type { Evaluate, Origins } from '../../rewriter';
import { densify } from './densify';
import { type EditedOperator, GraphEditor } from './editor';
import { TYPE } from './tensorTypes';

/**
 * `Rewriter.clean`: weights that the file stores in float16 or sparsely, and that operators bring back when the model
 * is loaded, are stored as those give them. Converters to this format have folded everything else.
 */
export async function clean(source: ModelFile, target: string, _evaluate: Evaluate): Promise<Origins> {
  const editor = new GraphEditor(source);
  /** By tensor: what operators that are gone would give. */
  const restored = new Map<number, Float32Array>();
  for (const operator of editor.operators) {
    const values = restoredBy(editor, operator, restored);
    if (values === null) continue;
    const index = itemAt(operator.outputs, 0);
    restored.set(index, values);
    editor.remove(operator);
  }
  for (const [index, values] of restored) editor.store(index, TYPE.float32, values);
  return editor.save(target);
}

function restoredBy(
  editor: GraphEditor,
  { op, inputs, outputs }: EditedOperator,
  restored: ReadonlyMap<number, Float32Array>,
): Float32Array | null {
  const [index = -1] = inputs;
  if (outputs.length !== 1 || (op !== 'DEQUANTIZE' && op !== 'DENSIFY')) return null;
  const before = restored.get(index);
  if (before !== undefined) return before;
  const stored = editor.constant(index);
  if (stored === undefined || (stored.type !== 'float16' && stored.type !== 'float32')) return null;
  const values = editor.values(stored);
  const { sparsity } = editor.tensor(index);
  return sparsity === undefined ? Float32Array.from(values) : densify(values, stored.shape, sparsity);
}
