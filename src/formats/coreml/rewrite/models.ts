import type { NodeId } from '../../../model/nodeId';
import type { Model, NeuralNetwork, NeuralNetworkLayer, Operation, Program } from '../coreml_pb';
import type { CoreMlGraph, GraphContext } from '../graph';
import { networkOf, pipelineOf } from '../reader';
import { type NetworkWeight, networkWeights } from './networkWeights';
import { type ProgramWeight, programWeights } from './programWeights';
import type { FoundWeights } from './weights';

/** A model, or one within a pipeline, with the weights of it that can be compressed. */
export type WeightedModel = { readonly proto: Model } & (
  | { readonly kind: 'program'; readonly program: Program; readonly found: FoundWeights<ProgramWeight> }
  | { readonly kind: 'network'; readonly network: NeuralNetwork; readonly found: FoundWeights<NetworkWeight> }
);

/** All programs and neural networks of a file; classical models have no weights that are compressed. */
export function weightedModels(proto: Model, graph: CoreMlGraph, context: GraphContext): WeightedModel[] {
  const operations = new Map<Operation, NodeId>();
  const layers = new Map<NeuralNetworkLayer, NodeId>();
  for (const { id, source } of graph.nodes) {
    if (source.kind === 'operation') operations.set(source.operation, id);
    else if (source.kind === 'layer') layers.set(source.layer, id);
  }
  const collect = (model: Model, outer: NodeId | null): WeightedModel[] => {
    const { mlProgram } = model;
    if (mlProgram) {
      const found = programWeights(mlProgram, (operation) => operations.get(operation), outer, context);
      return [{ proto: model, kind: 'program', program: mlProgram, found }];
    }
    const network = networkOf(model);
    if (network) {
      const found = networkWeights(network, (layer) => layers.get(layer), outer);
      return [{ proto: model, kind: 'network', network, found }];
    }
    return (pipelineOf(model)?.models ?? []).flatMap((inside, index) =>
      collect(inside, outer ?? graph.nodes[index]?.id ?? null),
    );
  };
  return collect(proto, null);
}
