import { elementCount } from '../../../model/dataType';
import type { DimensionChoice, Inference } from '../../../model/inference';
import type { Tensor } from '../../../model/model';
import { ModelError } from '../../../model/modelError';
import type { TensorElements } from '../../format';
import { missingSizes, resolveInputs } from '../../inputDims';
import { tensor, type Value } from '../../value';
import type { ModelProto } from '../onnx_pb';
import type { OnnxGraph } from '../reading/graph';
import { GraphInference } from './graph';

/** What inference needs of an opened file. */
export interface InferenceSource {
  readonly proto: ModelProto;
  readonly model: { readonly graph: OnnxGraph };
  readTensor(tensor: Tensor, limit?: number): TensorElements;
}

/**
 * Types, shapes and costs of all tensors and nodes, found without running the model: operator by operator in
 * execution order, following the small tensors that shapes are computed with. Dimensions without a value are 1.
 *
 * @throws UsageError when the choice contradicts itself or the file.
 */
export function inferModel(file: InferenceSource, choice: DimensionChoice): Inference {
  const { graph } = file.model;
  const { dims, assumedInputs, shapes } = resolveInputs(graph.inputs, choice);
  const inputs = new Map<string, Value>(
    graph.inputs.map(({ name, type }) => [name, tensor(type, shapes.get(name) ?? null)]),
  );
  const walk = new GraphInference(
    (stored) => elementsOf(file, stored),
    missingSizes(graph.inputs, { dims, assumedInputs }),
  );
  const inferred = walk.inferMain(graph, inputs, file.proto.opsetImport, dims);
  return { dims, assumedInputs, graph: inferred, problems: walk.problems };
}

/** A tensor that cannot be read was reported when the file was opened; here it is only unknown. */
function elementsOf(file: InferenceSource, stored: Tensor): readonly number[] | null {
  try {
    const { values } = file.readTensor(stored);
    return values.length === elementCount(stored.shape) ? Array.from(values) : null;
  } catch (error) {
    if (error instanceof ModelError) return null;
    throw error;
  }
}
