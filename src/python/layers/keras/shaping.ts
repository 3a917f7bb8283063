import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, product } from '../sizes';
import type { LayerSpec } from '../spec';
import { sameShape, wholeInput } from './inputs';

/** Layers that join their inputs element by element. */
const ELEMENTWISE = ['Add', 'Average', 'Maximum', 'Minimum', 'Multiply', 'Subtract'];

export const shaping: Record<string, LayerSpec> = {
  Flatten: {
    signature: signature('data_format=None'),
    output: (args) => {
      const [batch, ...sizes] = wholeInput(args) ?? [];
      if (batch === undefined) return ['N', 'features'];
      return [batch, product(sizes) ?? 'features'];
    },
  },
  Reshape: { signature: signature('target_shape'), output: reshaped },
  Permute: {
    signature: signature('dims'),
    output: (args) => {
      const input = wholeInput(args);
      const order = args.list('dims');
      if (!input || !order?.every((axis) => typeof axis === 'number')) return null;
      return [input[0] ?? 'N', ...order.map((axis) => input[axis] ?? '?')];
    },
  },
  RepeatVector: {
    signature: signature('n'),
    output: (args) => [wholeInput(args)?.[0] ?? 'N', args.dim('n'), args.inputSize(-1)],
  },
  Concatenate: { signature: signature('axis=-1'), output: concatenated },
  Dot: { signature: signature('axes, normalize=False') },
  InputLayer: {
    signature: signature(
      'shape=None, batch_size=None, dtype=None, sparse=None, ragged=None, batch_shape=None',
    ),
    output: (args) => {
      const whole = args.list('batch_shape') ?? args.list('batch_input_shape');
      const shape = args.list('shape') ?? args.list('input_shape');
      return whole ?? (shape && ['N', ...shape]);
    },
  },
  Resizing: {
    signature: signature('height, width, interpolation="bilinear"'),
    output: (args) => ['N', args.dim('height'), args.dim('width'), args.inputSize(-1)],
  },
  CenterCrop: {
    signature: signature('height, width'),
    output: (args) => ['N', args.dim('height'), args.dim('width'), args.inputSize(-1)],
  },
};
for (const name of ELEMENTWISE) shaping[name] = { signature: [], output: broadcast };

function reshaped(args: LayerArguments): Dim[] | null {
  const target = args.list('target_shape');
  if (!target) return null;
  const input = wholeInput(args)?.slice(1);
  const known = product(target.filter((size) => size !== -1));
  const whole = input ? product(input) : null;
  const rest = known !== null && whole !== null && known !== 0 ? whole / known : '?';
  return ['N', ...target.map((size) => (size === -1 ? rest : size))];
}

function broadcast(args: LayerArguments): Dim[] {
  const [first, ...others] = args.inputs.map((_, at) => wholeInput(args, at));
  if (!first || !others.every((one) => one?.length === first.length)) return sameShape(args);
  return first.map((size, axis) =>
    size === 1 ? (others.find((one) => one?.[axis] !== 1)?.[axis] ?? 1) : size,
  );
}

function concatenated(args: LayerArguments): Dim[] | null {
  const axis = args.number('axis');
  const all = args.inputs.map((_, at) => wholeInput(args, at));
  const [first] = all;
  if (axis === null || !first || !all.every((one) => one?.length === first.length)) return null;
  const at = axis < 0 ? axis + first.length : axis;
  const sizes = all.map((one) => one?.[at]);
  const sum = sizes.reduce<Dim>(
    (total, size) => (typeof total === 'number' && typeof size === 'number' ? total + size : '?'),
    0,
  );
  return first.map((size, index) => (index === at ? sum : size));
}
