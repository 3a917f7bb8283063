import type { Shape } from '../../../model/dataType';
import { type Convolution3DLayerParams, Padding3D, type Pooling3DLayerParams } from '../coreml_pb';

type Params = Convolution3DLayerParams | Pooling3DLayerParams;

/** Depth, height and width of [batch, channels, depth, height, width] after a window went over them. */
export function slid3d(x: Shape, params: Params): (number | null)[] {
  const kernel = [params.kernelDepth, params.kernelHeight, params.kernelWidth];
  const stride = [params.strideDepth, params.strideHeight, params.strideWidth];
  const dilation =
    'dilationDepth' in params ? [params.dilationDepth, params.dilationHeight, params.dilationWidth] : [];
  return kernel.map((length, side) => {
    const size = x[side + 2] ?? null;
    const step = stride[side] || 1;
    if (size === null) return null;
    if (params.paddingType === Padding3D.SAME) return Math.ceil(size / step);
    const reach = (length - 1) * (dilation[side] || 1) + 1;
    return Math.max(0, Math.floor((size + padding(params, side) - reach) / step) + 1);
  });
}

/** As a transposed convolution spreads them, unless it states them. */
export function unslid3d(x: Shape, params: Convolution3DLayerParams): (number | null)[] {
  const kernel = [params.kernelDepth, params.kernelHeight, params.kernelWidth];
  const stride = [params.strideDepth, params.strideHeight, params.strideWidth];
  const dilation = [params.dilationDepth, params.dilationHeight, params.dilationWidth];
  return kernel.map((length, side) => {
    const stated = params.outputShape[side];
    if (stated !== undefined) return Number(stated);
    const size = x[side + 2] ?? null;
    const step = stride[side] || 1;
    if (size === null) return null;
    if (params.paddingType === Padding3D.SAME) return size * step;
    const reach = (length - 1) * (dilation[side] || 1) + 1;
    return Math.max(0, (size - 1) * step + reach - padding(params, side));
  });
}

function padding(params: Params, side: number): number {
  if (params.paddingType !== Padding3D.CUSTOM) return 0;
  const before = [params.customPaddingFront, params.customPaddingTop, params.customPaddingLeft];
  const behind = [params.customPaddingBack, params.customPaddingBottom, params.customPaddingRight];
  return (before[side] ?? 0) + (behind[side] ?? 0);
}
