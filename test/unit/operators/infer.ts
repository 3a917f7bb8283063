import type { Known } from '../../../src/formats/onnx/inference/scope';
import type { ModelProto } from '../../../src/formats/onnx/onnx_pb';
import { reopen } from '../support';

/** What is inferred of a model with a single node. */
export function infer(model: ModelProto, folder: string) {
  const inference = reopen(model, folder).infer({ dims: {}, shapes: {} });
  const { tensors, nodes } = inference.graph;
  return {
    outputs: (name: string) => tensors.get(name) as Known,
    node: nodes[0],
    problems: inference.problems,
  };
}
