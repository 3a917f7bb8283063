import type {
  AttributeProto,
  GraphProto,
  ModelProto,
  NodeProto,
  SparseTensorProto,
  TensorProto,
} from '../onnx_pb';

/** Every tensor of a model: initializers and attributes, in subgraphs, functions and training graphs as well. */
export function* tensorsOf(model: ModelProto): Generator<TensorProto> {
  if (model.graph) yield* graphTensors(model.graph);
  for (const definition of model.functions) {
    yield* nodeTensors(definition.node);
    yield* attributeTensors(definition.attributeProto);
  }
  for (const training of model.trainingInfo) {
    if (training.initialization) yield* graphTensors(training.initialization);
    if (training.algorithm) yield* graphTensors(training.algorithm);
  }
}

function* graphTensors(graph: GraphProto): Generator<TensorProto> {
  yield* graph.initializer;
  for (const sparse of graph.sparseInitializer) yield* sparseTensors(sparse);
  yield* nodeTensors(graph.node);
}

function* nodeTensors(nodes: readonly NodeProto[]): Generator<TensorProto> {
  for (const node of nodes) {
    if (node.attribute.length > 0) yield* attributeTensors(node.attribute);
  }
}

function* attributeTensors(attributes: readonly AttributeProto[]): Generator<TensorProto> {
  for (const attribute of attributes) {
    if (attribute.t) yield attribute.t;
    yield* attribute.tensors;
    if (attribute.sparseTensor) yield* sparseTensors(attribute.sparseTensor);
    for (const sparse of attribute.sparseTensors) yield* sparseTensors(sparse);
    if (attribute.g) yield* graphTensors(attribute.g);
    for (const graph of attribute.graphs) yield* graphTensors(graph);
  }
}

function* sparseTensors(sparse: SparseTensorProto): Generator<TensorProto> {
  if (sparse.values) yield sparse.values;
  if (sparse.indices) yield sparse.indices;
}
