import { itemAt } from '../../../model/assert';
import type { Shape } from '../../../model/dataType';
import { NO_PADDING, slidLength, spreadLength, type Window } from '../../../model/window';
import { type Convolution3DLayerParams, Padding3D, type Pooling3DLayerParams } from '../coreml_pb';

type Params = Convolution3DLayerParams | Pooling3DLayerParams;

/** Depth, height and width of [batch, channels, depth, height, width] after a window went over them. */
export function slid3d(x: Shape, params: Params): (number | null)[] {
  return windowsOf(params).map((window, side) => atLeastNone(slidLength(x[side + 2] ?? null, window)));
}

/** As a transposed convolution spreads them, unless it states them. */
export function unslid3d(x: Shape, params: Convolution3DLayerParams): (number | null)[] {
  return windowsOf(params).map((window, side) => {
    const stated = params.outputShape[side];
    return stated === undefined ? atLeastNone(spreadLength(x[side + 2] ?? null, window)) : Number(stated);
  });
}

function windowsOf(params: Params): Window[] {
  const kernel = [params.kernelDepth, params.kernelHeight, params.kernelWidth];
  const stride = [params.strideDepth, params.strideHeight, params.strideWidth];
  const dilation =
    'dilationDepth' in params ? [params.dilationDepth, params.dilationHeight, params.dilationWidth] : [];
  return kernel.map((length, side) => ({
    kernel: length,
    stride: stride[side] || 1,
    dilation: dilation[side] || 1,
    padding: params.paddingType === Padding3D.SAME ? 'same' : padding(params, side),
  }));
}

function padding(params: Params, side: number): Window['padding'] {
  if (params.paddingType !== Padding3D.CUSTOM) return NO_PADDING;
  const before = [params.customPaddingFront, params.customPaddingTop, params.customPaddingLeft];
  const behind = [params.customPaddingBack, params.customPaddingBottom, params.customPaddingRight];
  return [itemAt(before, side), itemAt(behind, side)];
}

function atLeastNone(length: number | null): number | null {
  return length === null ? null : Math.max(0, length);
}
