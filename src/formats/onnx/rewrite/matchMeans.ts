import type { ModelFile } from '../../format';
import type { MatchedMean } from '../../rewriter';
import { makeInt64Tensor, makeNode, makeValueInfo } from '../make';
import { GraphEditor } from './editor';

/** From here on ReduceMean takes its axes as an input. */
const AXES_AS_INPUT = 18;

/** `Rewriter.withMatchedMeans`. The rank does not matter: [N, C, …] is seen as [N, C, rest] in between. */
export function withMatchedMeans(
  file: ModelFile,
  tensors: readonly string[],
  target: string,
): Map<string, MatchedMean> {
  const editor = new GraphEditor(file);
  const names = new Map<string, MatchedMean>();
  const flatShape = editor.uniqueName('matched_flat_shape');
  const columnShape = editor.uniqueName('matched_column_shape');
  const axes = editor.uniqueName('matched_axes');
  editor.setConstant(makeInt64Tensor(flatShape, [3], [0, 0, -1]));
  editor.setConstant(makeInt64Tensor(columnShape, [2], [-1, 1]));
  editor.setConstant(makeInt64Tensor(axes, [2], [0, 2]));
  for (const tensor of tensors) {
    const producer = editor.producer(tensor);
    if (producer === undefined) continue;
    const name = (purpose: string) => editor.uniqueName(`${tensor}_${purpose}`);
    const mean = name('wanted_mean');
    const shift = name('mean_shift');
    const [shape, flat, own, column, shifted, result] = [
      name('matched_shape'),
      name('matched_flat'),
      name('matched_mean'),
      name('matched_column'),
      name('matched_shifted'),
      name('matched'),
    ] as const;
    editor.replaceUses(tensor, result);
    editor.insertAfter(
      producer,
      makeNode('Shape', [tensor], [shape], {}, { name: shape }),
      makeNode('Reshape', [tensor, flatShape], [flat], {}, { name: flat }),
      editor.opset >= AXES_AS_INPUT
        ? makeNode('ReduceMean', [flat, axes], [own], { keepdims: 0 }, { name: own })
        : makeNode('ReduceMean', [flat], [own], { keepdims: 0, axes: [0, 2] }, { name: own }),
      makeNode('Sub', [mean, own], [shift], {}, { name: shift }),
      makeNode('Reshape', [shift, columnShape], [column], {}, { name: column }),
      makeNode('Add', [flat, column], [shifted], {}, { name: shifted }),
      makeNode('Reshape', [shifted, shape], [result], {}, { name: result }),
    );
    editor.graph.input.push(makeValueInfo(mean, 'float32', [`${mean}_channels`]));
    editor.graph.output.push(makeValueInfo(shift, 'float32', [`${mean}_channels`]));
    names.set(tensor, { mean, shift });
  }
  editor.save(target);
  return names;
}
