import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import type { Dim } from '../sizes';
import { type LayerSpec, type WeightSpec, withBias } from '../spec';
import { sameShape, wholeInput, withLast } from './inputs';

export const dense: Record<string, LayerSpec> = {
  Dense: {
    signature: signature('units, activation=None, use_bias=True'),
    weights: (args) => {
      const units = args.dim('units');
      const kernel = { role: 'kernel', shape: [args.inputSize(-1), units] };
      return withBias(kernel, [units], args.flag('use_bias'));
    },
    output: (args) => withLast(args, args.dim('units')),
  },
  EinsumDense: {
    signature: signature('equation, output_shape, activation=None, bias_axes=None'),
    weights: einsumWeights,
    output: einsumOutput,
  },
  Embedding: {
    signature: signature('input_dim, output_dim'),
    weights: (args) => [{ role: 'embeddings', shape: [args.dim('input_dim'), args.dim('output_dim')] }],
    output: (args) => [...(wholeInput(args) ?? ['…']), args.dim('output_dim')],
  },
  PReLU: {
    signature: signature(
      'alpha_initializer="Zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None',
    ),
    weights: (args) => {
      const shape = args.input();
      const shared = args.isNone('shared_axes') ? [] : args.list('shared_axes');
      if (shape === null || shared === null) return null;
      const sizes = shape.slice(1).map((size, axis) => (shared.includes(axis + 1) ? 1 : (size ?? 'input')));
      return [{ role: 'alpha', shape: sizes }];
    },
    output: sameShape,
  },
};

/** `abc,cd->abd`: which sizes the kernel takes from the input and which from the output. */
function einsum(args: LayerArguments): { from: string; kernel: string; to: string } | null {
  const [, from, kernel, to] = /^\s*([\w.]+),(\w+)->([\w.]+)\s*$/.exec(args.text('equation') ?? '') ?? [];
  return from !== undefined && kernel !== undefined && to !== undefined ? { from, kernel, to } : null;
}

/** Sizes by their letters, as far as the input and the output's declared shape say them. */
function sizesOf(args: LayerArguments, from: string, to: string): Map<string, Dim> {
  const sizes = new Map<string, Dim>();
  const shape = args.input();
  const letters = from.replace('...', '');
  for (const [at, letter] of [...letters].entries()) {
    const axis = from.startsWith('...') ? at - letters.length : at;
    const size = shape?.at(axis);
    if (typeof size === 'number' && (axis < 0 || !from.endsWith('...') || at < letters.length))
      sizes.set(letter, size);
  }
  // The declared shape leaves out the batch, or whatever the dots stand for.
  const declared = args.list('output_shape') ?? [];
  const outputs = [...to.replace('...', '')];
  for (const [at, size] of declared.entries()) {
    const letter = outputs[outputs.length - declared.length + at];
    if (letter !== undefined && typeof size === 'number') sizes.set(letter, size);
  }
  return sizes;
}

function einsumWeights(args: LayerArguments): WeightSpec[] | null {
  const parts = einsum(args);
  if (!parts) return null;
  const sizes = sizesOf(args, parts.from, parts.to);
  const made: WeightSpec[] = [
    { role: 'kernel', shape: [...parts.kernel].map((letter) => sizes.get(letter) ?? letter) },
  ];
  const axes = args.isNone('bias_axes') ? '' : args.text('bias_axes');
  if (axes === null) return null;
  if (axes !== '') made.push({ role: 'bias', shape: [...axes].map((letter) => sizes.get(letter) ?? letter) });
  return made;
}

function einsumOutput(args: LayerArguments): Dim[] | null {
  const parts = einsum(args);
  if (!parts || parts.to.includes('.')) return null;
  const sizes = sizesOf(args, parts.from, parts.to);
  return [...parts.to].map((letter, axis) => sizes.get(letter) ?? (axis === 0 ? 'N' : letter));
}
