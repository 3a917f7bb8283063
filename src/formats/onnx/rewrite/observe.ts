import { create } from '@bufbuild/protobuf';
import { present } from '../../../model/assert';
import type { ModelFile } from '../../format';
import type { MinMaxNames } from '../../rewriter';
import { ValueInfoProtoSchema } from '../onnx_pb';
import { makeFloatTensor, makeInt64Tensor, makeNode, makeValueInfo } from '../writing/make';
import { writeForRunning } from '../writing/writer';
import { GraphEditor } from './editor';
import { shapeOf } from './protos';

/** From here on ReduceMean takes its axes as an input. */
const AXES_AS_INPUT = 18;

/** A copy that also gives each tensor's smallest and largest value, computed inside the graph; integers as they are. */
export function withRanges(
  file: ModelFile,
  tensors: readonly string[],
  target: string,
): Map<string, MinMaxNames> {
  const editor = new GraphEditor(file);
  const names = new Map<string, MinMaxNames>();
  const { tensors: inferred } = file.infer({ dims: {}, shapes: {} }).graph;
  // Where the type is not known it follows from the nodes, and the engine knows it better.
  const scalar = (name: string, tensor: string) =>
    inferred.get(tensor)?.type === 'float32'
      ? makeValueInfo(name, 'float32', [])
      : create(ValueInfoProtoSchema, { name });
  for (const tensor of tensors) {
    const min = editor.uniqueName(`${tensor}_min`);
    const max = editor.uniqueName(`${tensor}_max`);
    editor.push(
      makeNode('ReduceMin', [tensor], [min], { keepdims: 0 }, { name: min }),
      makeNode('ReduceMax', [tensor], [max], { keepdims: 0 }, { name: max }),
    );
    editor.graph.output.push(scalar(min, tensor), scalar(max, tensor));
    names.set(tensor, { min, max });
  }
  editor.save(target, writeForRunning);
  return names;
}

/** A copy that also gives these tensors as outputs. */
export function withOutputs(file: ModelFile, tensors: readonly string[], target: string): void {
  const editor = new GraphEditor(file);
  for (const tensor of new Set(tensors)) {
    if (editor.isOutput(tensor)) continue;
    // Type and shape follow from the nodes, and the engine knows them better than the file.
    editor.graph.output.push(create(ValueInfoProtoSchema, { name: tensor }));
  }
  editor.save(target, writeForRunning);
}

/** `Format.withValues`. */
export function withValues(file: ModelFile, values: ReadonlyMap<string, Float32Array>, target: string): void {
  const editor = new GraphEditor(file);
  for (const [name, own] of values) {
    const tensor = present(editor.constant(name), `stored tensor ${name}`);
    editor.setConstant(makeFloatTensor(name, shapeOf(tensor), own));
  }
  editor.save(target, writeForRunning);
}

/** A copy that also gives each tensor's mean a channel (axis 1), over everything else. */
export function withChannelMeans(
  file: ModelFile,
  tensors: readonly string[],
  target: string,
): Map<string, string> {
  const editor = new GraphEditor(file);
  const names = new Map<string, string>();
  // The rank does not matter this way: [N, C, …] becomes [N, C, rest], where the rest of [N, C] is 1.
  const shape = editor.uniqueName('channel_shape');
  const axes = editor.uniqueName('channel_axes');
  editor.setConstant(makeInt64Tensor(shape, [3], [0, 0, -1]));
  editor.setConstant(makeInt64Tensor(axes, [2], [0, 2]));
  for (const tensor of tensors) {
    const flat = editor.uniqueName(`${tensor}_by_channel`);
    const mean = editor.uniqueName(`${tensor}_mean`);
    editor.push(
      makeNode('Reshape', [tensor, shape], [flat], {}, { name: flat }),
      editor.opset >= AXES_AS_INPUT
        ? makeNode('ReduceMean', [flat, axes], [mean], { keepdims: 0 }, { name: mean })
        : makeNode('ReduceMean', [flat], [mean], { keepdims: 0, axes: [0, 2] }, { name: mean }),
    );
    editor.graph.output.push(makeValueInfo(mean, 'float32', [`${mean}_channels`]));
    names.set(tensor, mean);
  }
  editor.save(target, writeForRunning);
  return names;
}
