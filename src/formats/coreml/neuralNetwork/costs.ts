import { elementCount } from '../../../model/dataType';
import { product } from '../../value';
import type { LSTMParams, NeuralNetworkLayer } from '../coreml_pb';
import type { MaybeShape } from './layers';
import { pairOf } from './spatial';

/** Multiply-accumulates of a layer; null where a size is unknown, undefined for a layer that does none. */
export function layerMacs(
  { layer }: NeuralNetworkLayer,
  inputs: readonly MaybeShape[],
  outputs: readonly MaybeShape[],
): number | null | undefined {
  const given = elementCount(inputs[0] ?? null);
  const made = elementCount(outputs[0] ?? null);
  switch (layer.case) {
    case 'convolution': {
      const { kernelSize, kernelChannels, outputChannels, nGroups, isDeconvolution } = layer.value;
      const [height, width] = pairOf(kernelSize, 3);
      if (isDeconvolution) {
        return product([given, Number(outputChannels) / (Number(nGroups) || 1), height, width]);
      }
      return product([made, Number(kernelChannels), height, width]);
    }
    case 'convolution3d': {
      const p = layer.value;
      const kernel = [p.kernelDepth, p.kernelHeight, p.kernelWidth];
      const groups = p.nGroups || 1;
      return p.isDeconvolution
        ? product([given, p.outputChannels / groups, ...kernel])
        : product([made, p.inputChannels / groups, ...kernel]);
    }
    case 'innerProduct':
      return product([made, Number(layer.value.inputChannels)]);
    case 'batchedMatmul': {
      const a = inputs[0] ?? null;
      return product([made, a?.at(layer.value.transposeA && inputs.length > 1 ? -2 : -1)]);
    }
    case 'dot':
      return given;
    case 'simpleRecurrent':
      return recurrent(layer.value, 1, inputs[0] ?? null);
    case 'gru':
      return recurrent(layer.value, 3, inputs[0] ?? null);
    case 'uniDirectionalLSTM':
      return recurrent(layer.value, gatesOf(layer.value), inputs[0] ?? null);
    case 'biDirectionalLSTM':
      return recurrent(layer.value, 2 * gatesOf(layer.value), inputs[0] ?? null);
    case 'custom':
    case undefined:
      return null;
    default:
      return undefined;
  }
}

/** Of an LSTM; a forget gate that is coupled is what the input gate leaves. */
function gatesOf({ params }: { readonly params?: LSTMParams | undefined }): number {
  return params?.coupledInputAndForgetGate ? 3 : 4;
}

function recurrent(
  sizes: { readonly inputVectorSize: bigint; readonly outputVectorSize: bigint },
  gates: number,
  x: MaybeShape,
): number | null {
  const [inside, outside] = [Number(sizes.inputVectorSize), Number(sizes.outputVectorSize)];
  return product([x?.[0], x?.[1], gates, outside, inside + outside]);
}
