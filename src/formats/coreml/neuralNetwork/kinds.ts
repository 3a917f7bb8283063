import { kindsByName, type OperatorKind } from '../../../model/operatorKind';
import { type NeuralNetworkLayer, PoolingLayerParams_Type } from '../coreml_pb';

/** Layers whose name says what they do. */
const KINDS = kindsByName({
  'matrix product': ['innerProduct', 'batchedMatmul'],
  lstm: ['uniDirectionalLSTM'],
  clip: ['clip'],
  tanh: ['tanh'],
  gelu: ['gelu'],
  softmax: ['softmax', 'softmaxND'],
  addition: ['add', 'addBroadcastable', 'bias'],
  subtraction: ['subtractBroadcastable'],
  multiplication: ['multiply', 'multiplyBroadcastable'],
  division: ['divideBroadcastable'],
  maximum: ['max', 'maxBroadcastable'],
  minimum: ['min', 'minBroadcastable'],
  'reduced mean': ['reduceMean'],
  'reduced sum': ['reduceSum'],
  'index of maximum': ['argMax'],
  'index of minimum': ['argMin'],
  'batch normalization': ['batchnorm'],
  'layer normalization': ['layerNormalization'],
  concatenation: ['concat', 'concatND'],
  stack: ['stack'],
  split: ['split', 'splitND'],
  slice: ['slice', 'sliceStatic', 'sliceBySize', 'sliceDynamic', 'crop'],
  gather: ['gather'],
  'gather of slices': ['gatherND'],
  padding: ['padding', 'constantPad'],
  tile: ['tile'],
  broadcast: ['broadcastToLike', 'broadcastToStatic', 'broadcastToDynamic'],
  reversal: ['reverse'],
  reshape: [
    ...['reshape', 'reshapeStatic', 'reshapeDynamic', 'rankPreservingReshape', 'flatten', 'flattenTo2D'],
    ...['squeeze', 'expandDims'],
  ],
  transpose: ['transpose', 'permute'],
  resize: ['upsample', 'resizeBilinear'],
  constant: ['loadConstant', 'loadConstantND'],
  identity: ['copy'],
});

/** By name of a function in an activation layer. */
const FUNCTIONS = kindsByName({
  relu: ['ReLU'],
  'leaky relu': ['leakyReLU'],
  prelu: ['PReLU'],
  elu: ['ELU'],
  sigmoid: ['sigmoid'],
  'hard sigmoid': ['sigmoidHard'],
  tanh: ['tanh'],
  softplus: ['softplus'],
  softsign: ['softsign'],
});

/** The kind of a layer by its type and what its parameters make of it (NeuralNetwork.proto); null: it has no name here. */
export function layerKind({ layer }: NeuralNetworkLayer): OperatorKind | null {
  switch (layer.case) {
    case 'convolution': {
      const { isDeconvolution, nGroups, kernelChannels } = layer.value;
      if (isDeconvolution) return 'transposed convolution';
      return nGroups > 1n && kernelChannels === 1n ? 'depthwise convolution' : 'convolution';
    }
    case 'convolution3d':
      return layer.value.isDeconvolution ? 'transposed convolution' : 'convolution';
    case 'pooling': {
      const { type, globalPooling } = layer.value;
      if (type === PoolingLayerParams_Type.MAX) return globalPooling ? 'global max pooling' : 'max pooling';
      if (type !== PoolingLayerParams_Type.AVERAGE) return null;
      return globalPooling ? 'global average pooling' : 'average pooling';
    }
    case 'activation':
      return FUNCTIONS.get(layer.value.nonlinearity.case ?? '') ?? null;
    default:
      return KINDS.get(layer.case ?? '') ?? null;
  }
}
