import type { DeclaredShape } from '../../../model/dataType';
import type { Tensor, ValueInfo } from '../../../model/model';
import { bodyPath, type NodeId } from '../../../model/nodeId';
import type { NeuralNetwork, NeuralNetworkLayer } from '../coreml_pb';
import type { Features } from '../features';
import type { CoreMlBody, CoreMlGraph, CoreMlNode, GraphContext } from '../graph';
import { described } from '../kinds';
import { layerKind } from './kinds';
import { settingsOf } from './settings';
import { layerWeights } from './weights';

/**
 * The graph of a neural network, whose inputs and outputs are those that the model describes.
 *
 * @param path how the ids of its nodes begin.
 */
export function networkGraph(
  network: NeuralNetwork,
  name: string,
  features: Features,
  context: GraphContext,
  path: string,
): CoreMlGraph {
  const mappedInputs = new Map<string, (shape: DeclaredShape) => DeclaredShape>();
  for (const { name: input, kind } of features.inputs) {
    const rank5 =
      kind === 'image' ? network.imageInputShapeMapping === 0 : network.arrayInputShapeMapping === 0;
    if (rank5) mappedInputs.set(input, kind === 'image' ? (shape) => [1, ...shape] : toRank5);
  }
  const inputs = features.inputs.map(({ info }) => info);
  const outputs = features.outputs.map(({ info }) => info);
  return { ...layersGraph(network, name, context, path), inputs, outputs, mappedInputs };
}

/** [C] is [1, 1, C, 1, 1] and [C, H, W] is [1, 1, C, H, W]: sequence, batch, channel, height, width. */
function toRank5(shape: DeclaredShape): DeclaredShape {
  if (shape.length === 1) return [1, 1, ...shape, 1, 1];
  return shape.length < 5 ? [...new Array<number>(5 - shape.length).fill(1), ...shape] : shape;
}

function layersGraph(network: NeuralNetwork, name: string, context: GraphContext, path: string): CoreMlGraph {
  const constants = new Map<string, Tensor>();
  const nodes = network.layers.map((layer, index) => toNode(layer, `${path}${index}`, constants, context));
  const valueInfo = new Map<string, ValueInfo>();
  for (const layer of network.layers) {
    layer.output.forEach((output, index) => {
      const stated = layer.outputTensor[index];
      if (stated === undefined) return;
      const shape = stated.dimValue.map((size) => (size > 0n ? Number(size) : null));
      const declaredShape = shape.length === stated.rank ? shape : null;
      valueInfo.set(output, { name: output, type: 'float32', declaredShape });
    });
  }
  return { name, nodes, inputs: [], outputs: [], valueInfo, constants, mappedInputs: new Map() };
}

function toNode(
  layer: NeuralNetworkLayer,
  id: NodeId,
  constants: Map<string, Tensor>,
  context: GraphContext,
): CoreMlNode {
  const { case: kind } = layer.layer;
  const unknown = layer.$unknown?.[0]?.no;
  const op = kind ?? (unknown === undefined ? 'unknown layer' : `layer type ${unknown}`);
  const name = layer.name || layer.output[0] || op;
  const weights = layerWeights(layer, name, id, context);
  for (const tensor of weights) constants.set(tensor.name, tensor);
  return {
    id,
    name,
    op,
    ...described(layerKind(layer)),
    inputs: [...layer.input, ...weights.map((tensor) => tensor.name)],
    outputs: layer.output,
    attributes: settingsOf(layer),
    bodies: bodiesOf(layer, id, context),
    source: { kind: 'layer', layer },
  };
}

function bodiesOf({ layer }: NeuralNetworkLayer, id: NodeId, context: GraphContext): CoreMlBody[] {
  let networks: [role: string, network: NeuralNetwork | undefined][] = [];
  if (layer.case === 'branch') {
    networks = [
      ['if', layer.value.ifBranch],
      ['else', layer.value.elseBranch],
    ];
  } else if (layer.case === 'loop') {
    networks = [
      ['condition', layer.value.conditionNetwork],
      ['body', layer.value.bodyNetwork],
    ];
  }
  return networks.flatMap(([role, network], place) =>
    network ? [{ role, graph: layersGraph(network, role, context, bodyPath(id, role, place)) }] : [],
  );
}
