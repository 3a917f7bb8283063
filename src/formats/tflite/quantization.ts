import type { Quantization } from '../../model/model';
import type { TensorTable } from './tables';

/** How a tensor's numbers stand for real ones; undefined when it has no scales. `names` is by index of a tensor. */
export function quantizationOf(table: TensorTable, names: readonly string[]): Quantization | undefined {
  const { scale = [], zeroPoint = [], details, quantizedDimension = 0 } = table.quantization ?? {};
  // Details take the place of everything else.
  if (details?.table === 'BlockwiseQuantization' || details?.table === 'MultiAxisQuantization') {
    const { scales = 0, blockSize = 0 } = details.value;
    return {
      scales: [],
      zeroPoints: [],
      axis: null,
      blockSize: Number(blockSize) > 0 ? Number(blockSize) : null,
      scaleTensor: names[Number(scales)] ?? null,
    };
  }
  if (scale.length === 0) return undefined;
  return {
    scales: scale,
    zeroPoints: zeroPoint,
    axis: scale.length > 1 ? quantizedDimension : null,
    blockSize: null,
    scaleTensor: null,
  };
}

/** Index of the tensor that holds another one's scales or zero points. */
export function quantizationTensors({ quantization }: TensorTable): number[] {
  const { scales, zeroPoints } = quantization?.details?.value ?? {};
  return [scales, zeroPoints].filter((index) => typeof index === 'number' && index >= 0) as number[];
}
