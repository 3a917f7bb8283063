import { itemAt } from '../../../model/assert';
import { certainItems } from '../../evaluate/iterate';
import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, plus, times } from '../sizes';
import type { LayerSpec } from '../spec';
import { padded } from './convolution';
import { picture, pictureShape } from './inputs';

export const poolings: Record<string, LayerSpec> = {};
for (const rank of [1, 2, 3]) {
  for (const kind of ['Max', 'Average']) {
    poolings[`${kind}Pooling${rank}D`] = {
      signature: signature('pool_size=2, strides=None, padding="valid", data_format=None, name=None'),
      output: (args) => pooled(args, rank),
    };
    poolings[`Global${kind}Pooling${rank}D`] = {
      signature: signature('data_format=None, keepdims=False'),
      output: (args) => {
        const input = picture(args, rank);
        if (!args.flag('keepdims')) return [input.batch, input.channels];
        return pictureShape(
          input,
          input.space.map(() => 1),
          input.channels,
        );
      },
    };
    poolings[`Adaptive${kind}Pooling${rank}D`] = {
      signature: signature('output_size, data_format=None'),
      output: (args) => {
        const input = picture(args, rank);
        return pictureShape(input, args.dims('output_size', rank), input.channels);
      },
    };
  }
  poolings[`UpSampling${rank}D`] = {
    signature: signature(rank === 1 ? 'size=2' : 'size=2, data_format=None, interpolation="nearest"'),
    output: (args) => {
      const input = picture(args, rank);
      const by = args.dims('size', rank);
      return pictureShape(
        input,
        input.space.map((size, axis) => times(itemAt(by, axis), size)),
        input.channels,
      );
    },
  };
  poolings[`ZeroPadding${rank}D`] = {
    signature: signature(rank === 1 ? 'padding=1' : 'padding=1, data_format=None'),
    output: (args) => moved(args, rank, 'padding', 1),
  };
  poolings[`Cropping${rank}D`] = {
    signature: signature(rank === 2 ? 'cropping=0, data_format=None' : 'cropping=1, data_format=None'),
    output: (args) => moved(args, rank, 'cropping', -1),
  };
}

function pooled(args: LayerArguments, rank: number): Dim[] {
  const input = picture(args, rank);
  const size = args.dims('pool_size', rank);
  const stride = args.isNone('strides') ? size : args.dims('strides', rank);
  const space = input.space.map((one, axis) =>
    padded(one, args.text('padding'), itemAt(size, axis), itemAt(stride, axis)),
  );
  return pictureShape(input, space, input.channels);
}

/** Sizes that grow or shrink at both ends: by one number, one an axis, or one an end. */
function moved(args: LayerArguments, rank: number, name: string, sign: 1 | -1): Dim[] {
  const input = picture(args, rank);
  const value = args.value(name) ?? null;
  const items = typeof value === 'number' ? null : certainItems(value);
  const space = input.space.map((size, axis): Dim => {
    if (typeof value === 'number') return plus(size, sign * 2 * value);
    const item = rank === 1 ? value : items?.[axis];
    if (typeof item === 'number') return plus(size, sign * 2 * item);
    const ends = item === undefined ? null : certainItems(item);
    const [before, after] = ends ?? [];
    return typeof before === 'number' && typeof after === 'number'
      ? plus(size, sign * (before + after))
      : '?';
  });
  return pictureShape(input, space, input.channels);
}
