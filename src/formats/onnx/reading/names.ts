import type { OnnxGraph } from './graph';

/** Names that exist before the first node: inputs and initializers, also those that could not be read. */
export function givenNames({ proto, inputs }: OnnxGraph): Set<string> {
  const names = new Set(inputs.map((input) => input.name));
  if (proto.$typeName === 'caliper.onnx.FunctionProto') return names;
  for (const one of proto.input) names.add(one.name);
  for (const one of proto.initializer) names.add(one.name);
  for (const one of proto.sparseInitializer) names.add(one.values?.name ?? '');
  return names;
}

/** Names that the bodies of a graph's nodes may use. */
export function visibleNames(graph: OnnxGraph): Set<string> {
  const names = givenNames(graph);
  for (const node of graph.nodes) for (const output of node.outputs) names.add(output);
  return names;
}
