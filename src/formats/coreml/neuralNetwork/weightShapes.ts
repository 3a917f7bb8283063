import type { NeuralNetworkLayer } from '../coreml_pb';

/** The shape of a layer's weights (NeuralNetwork.proto, comments of each layer); null: a vector of any length. */
export function weightShape({ layer }: NeuralNetworkLayer, field: string): readonly number[] | null {
  const shape = declared(layer, field)?.map(Number);
  const stated = shape?.every((dimension) => Number.isSafeInteger(dimension) && dimension > 0);
  return stated && shape !== undefined && shape.length > 0 ? shape : null;
}

function declared(layer: NeuralNetworkLayer['layer'], field: string): readonly (bigint | number)[] | null {
  switch (layer.case) {
    case 'convolution': {
      if (field !== 'weights') return null;
      const { outputChannels, kernelChannels, nGroups, kernelSize, isDeconvolution } = layer.value;
      const kernel = kernelSize.length > 0 ? kernelSize : [3n, 3n];
      return isDeconvolution
        ? [kernelChannels, outputChannels / (nGroups || 1n), ...kernel]
        : [outputChannels, kernelChannels, ...kernel];
    }
    case 'convolution3d': {
      if (field !== 'weights') return null;
      const p = layer.value;
      const groups = p.nGroups || 1;
      const kernel = [p.kernelDepth, p.kernelHeight, p.kernelWidth];
      return p.isDeconvolution
        ? [p.inputChannels, p.outputChannels / groups, ...kernel]
        : [p.outputChannels, p.inputChannels / groups, ...kernel];
    }
    case 'innerProduct':
      return field === 'weights' ? [layer.value.outputChannels, layer.value.inputChannels] : null;
    case 'embedding':
      return field === 'weights' ? [layer.value.outputChannels, layer.value.inputDim] : null;
    case 'embeddingND':
      return field === 'weights' ? [layer.value.embeddingSize, layer.value.vocabSize] : null;
    case 'batchedMatmul':
      return field === 'weights'
        ? [layer.value.weightMatrixFirstDimension, layer.value.weightMatrixSecondDimension]
        : null;
    case 'scale':
      return field === 'scale' ? layer.value.shapeScale : layer.value.shapeBias;
    case 'bias':
      return layer.value.shape;
    case 'loadConstant':
    case 'loadConstantND':
      return layer.value.shape;
    case 'layerNormalization':
      return layer.value.normalizedShape;
    case 'simpleRecurrent':
    case 'gru':
    case 'uniDirectionalLSTM':
    case 'biDirectionalLSTM': {
      const { inputVectorSize, outputVectorSize } = layer.value;
      if (/weightMatrix$/i.test(field)) return [outputVectorSize, inputVectorSize];
      return /recursionMatrix$/i.test(field) ? [outputVectorSize, outputVectorSize] : null;
    }
    default:
      return null;
  }
}
