import type { ModelFile } from '../../format';
import type { MatchedMean } from '../../rewriter';
import { makeInt64Tensor, makeNode, makeValueInfo } from '../writing/make';
import { GraphEditor } from './editor';

/** From here on ReduceMean takes its axes as an input. */
const AXES_AS_INPUT = 18;

/**
 * `Rewriter.withMatchedMeans`. Sizes are never taken from the graph: where an engine infers others than it computes
 * (a Resize by 0.7 whose size is rounded once up and once down), it would fold the wrong ones into the model.
 */
export function withMatchedMeans(
  file: ModelFile,
  tensors: readonly string[],
  target: string,
): Map<string, MatchedMean> {
  const editor = new GraphEditor(file);
  const { tensors: inferred } = file.infer({ dims: {}, shapes: {} }).graph;
  const names = new Map<string, MatchedMean>();
  const flatShape = editor.uniqueName('matched_flat_shape');
  const axes = editor.uniqueName('matched_axes');
  editor.setConstant(makeInt64Tensor(flatShape, [3], [0, 0, -1]));
  editor.setConstant(makeInt64Tensor(axes, [2], [0, 2]));
  for (const tensor of tensors) {
    const producer = editor.producer(tensor);
    const rank = inferred.get(tensor)?.shape?.length ?? 0;
    if (producer === undefined || rank < 2) continue;
    const name = (purpose: string) => editor.uniqueName(`${tensor}_${purpose}`);
    const mean = name('wanted_mean');
    const shift = name('mean_shift');
    const [flat, own, columnShape, column, result] = [
      name('matched_flat'),
      name('matched_mean'),
      name('matched_column_shape'),
      name('matched_column'),
      name('matched'),
    ] as const;
    editor.setConstant(
      makeInt64Tensor(columnShape, [rank - 1], [-1, ...new Array<number>(rank - 2).fill(1)]),
    );
    editor.replaceUses(tensor, result);
    editor.insertAfter(
      producer,
      makeNode('Reshape', [tensor, flatShape], [flat], {}, { name: flat }),
      editor.opset >= AXES_AS_INPUT
        ? makeNode('ReduceMean', [flat, axes], [own], { keepdims: 0 }, { name: own })
        : makeNode('ReduceMean', [flat], [own], { keepdims: 0, axes: [0, 2] }, { name: own }),
      makeNode('Sub', [mean, own], [shift], {}, { name: shift }),
      makeNode('Reshape', [shift, columnShape], [column], {}, { name: column }),
      makeNode('Add', [tensor, column], [result], {}, { name: result }),
    );
    editor.graph.input.push(makeValueInfo(mean, 'float32', [`${mean}_channels`]));
    editor.graph.output.push(makeValueInfo(shift, 'float32', [`${mean}_channels`]));
    names.set(tensor, { mean, shift });
  }
  editor.save(target);
  return names;
}
