import { elementCount } from '../../../model/dataType';
import type { NodeId } from '../../../model/nodeId';
import type { NeuralNetwork, NeuralNetworkLayer, WeightParams } from '../coreml_pb';
import { weightShape } from '../neuralNetwork/weightShapes';
import { fieldOf, weightParams } from '../neuralNetwork/weights';
import { readStored, type Stored, storedProblem } from '../stored';
import { LAYERS, SMALLEST_WEIGHT, TOO_FEW } from './policy';
import type { FoundWeights, LeftWeight, ModelWeight } from './weights';

/** The field of a layer that holds a weight. */
export interface NetworkWeight extends ModelWeight {
  readonly params: WeightParams;
  /** It may have a scale for each channel. */
  readonly byChannel: boolean;
}

/** The weights of a neural network that can be compressed, those of networks inside its layers too. */
export function networkWeights(
  network: NeuralNetwork,
  nodeOf: (layer: NeuralNetworkLayer) => NodeId | undefined,
  outer: NodeId | null,
): FoundWeights<NetworkWeight> {
  const weights: NetworkWeight[] = [];
  const left: LeftWeight[] = [];
  const walk = (inside: NeuralNetwork, around: NodeId | null): void => {
    for (const layer of inside.layers) {
      const node = nodeOf(layer) ?? around;
      for (const { path, params } of weightParams(layer)) {
        const found = weightOf(layer, path, params, new Set([node]));
        if (found === null) continue;
        if ('reason' in found) left.push(found);
        else weights.push(found);
      }
      for (const body of networksIn(layer)) walk(body, node);
    }
  };
  walk(network, outer);
  return { weights, left };
}

function networksIn({ layer }: NeuralNetworkLayer): NeuralNetwork[] {
  const { value } = layer;
  const inside =
    layer.case === 'branch'
      ? [layer.value.ifBranch, layer.value.elseBranch]
      : layer.case === 'loop'
        ? [layer.value.conditionNetwork, layer.value.bodyNetwork]
        : [];
  return value === undefined ? [] : inside.filter((network) => network !== undefined);
}

function weightOf(
  layer: NeuralNetworkLayer,
  path: string,
  params: WeightParams,
  nodes: ReadonlySet<NodeId | null>,
): NetworkWeight | LeftWeight | null {
  const kind = layer.layer.case ?? '';
  const field = path.split('.').at(-1) ?? '';
  const shape = weightShape(layer, path);
  if (!LAYERS.get(kind)?.test(field) || shape === null || shape.length < 2) return null;
  const { type, pieces } = fieldOf(params);
  const leave = (reason: string): LeftWeight => ({ nodes, reason });
  if (params.quantization !== undefined) return leave('its weights are compressed already');
  if (type !== 'float32' && type !== 'float16') return null;
  const count = elementCount(shape) ?? 0;
  if (count <= SMALLEST_WEIGHT) return leave(TOO_FEW);
  if (params.isUpdatable || layer.isUpdatable)
    return leave('it is updatable, and only weights in float can be trained');
  const stored: Stored = { type, count, packing: 'raw', pieces };
  const problem = storedProblem(stored);
  if (problem !== null) return leave(`its field of weights ${problem}`);
  const deconvolution = layer.layer.case === 'convolution' && layer.layer.value.isDeconvolution;
  const channelAxis = deconvolution ? 1 : 0;
  return {
    name: `${layer.name || layer.output[0] || kind}.${path}`,
    nodes,
    // Whatever the field, networks compute with float32 weights.
    type: 'float32',
    shape,
    channelAxis,
    blockAxis: channelAxis,
    read: () => Float32Array.from(readStored(stored, count)),
    params,
    byChannel: kind !== 'batchedMatmul',
  };
}
