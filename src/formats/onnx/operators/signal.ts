import { NO_PADDING, slidLength } from '../../../model/window';
import { axisIn, dimension, knownScalar, tensor, type Value } from '../../value';
import { intAttribute } from '../attributes';
import { dataTypeOf } from '../dataTypes';
import { type Context, input, type Operators, optionalInput } from './operator';

/** Frequencies that are kept of a real signal: the others are their mirror. */
function onesided(length: number | null): number | null {
  return length === null ? null : Math.floor(length / 2) + 1;
}

/** Signal [..., 1 or 2] to [..., 2]; with `dft_length` the axis has that length. */
function dft(context: Context): readonly Value[] {
  const { type, shape } = input(context, 0);
  if (shape === null) return [tensor(type, null)];
  const given = context.opset >= 20 ? optionalInput(context, 2) : null;
  const axis =
    context.opset >= 20 ? (given === null ? -2 : knownScalar(given)) : intAttribute(context.node, 'axis', 1);
  const inverse = intAttribute(context.node, 'inverse', 0) !== 0;
  const half = intAttribute(context.node, 'onesided', 0) !== 0;
  if (axis === null || (inverse && half))
    return [
      tensor(
        type,
        shape.map(() => null),
      ),
    ];
  const place = axisIn(axis, shape.length);
  const requested = optionalInput(context, 1);
  const length = requested === null ? (shape[place] ?? null) : knownScalar(requested);
  return [tensor(type, shape.with(place, half ? onesided(length) : length).with(-1, 2))];
}

/** Signal [N, L, 1 or 2] to [N, frames, frequencies, 2]. */
function stft(context: Context): readonly Value[] {
  const { type } = input(context, 0);
  const length = dimension(input(context, 0), 1);
  const step = knownScalar(input(context, 1));
  const window = optionalInput(context, 2);
  const given = optionalInput(context, 3);
  const frame = given === null ? dimension(window, 0) : knownScalar(given);
  const half = intAttribute(context.node, 'onesided', 1) !== 0;
  const frames =
    step === null ? null : slidLength(length, { kernel: frame, stride: step, padding: NO_PADDING });
  return [tensor(type, [dimension(input(context, 0), 0), frames, half ? onesided(frame) : frame, 2])];
}

function melWeights(context: Context): readonly Value[] {
  const bins = knownScalar(input(context, 0));
  const type = dataTypeOf(intAttribute(context.node, 'output_datatype', 1));
  return [tensor(type, [onesided(knownScalar(input(context, 1))), bins])];
}

export const signals: Operators = {
  DFT: { infer: dft },
  STFT: { infer: stft },
  MelWeightMatrix: { infer: melWeights },
};
