import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import type { Dim } from '../sizes';
import type { LayerSpec, WeightSpec } from '../spec';
import { withLast } from './inputs';

export const attentions: Record<string, LayerSpec> = {
  MultiHeadAttention: {
    signature: signature(
      'num_heads, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, sliding_window=None, flash_attention=None',
    ),
    weights: (args) => {
      const heads = args.dim('num_heads');
      const key = args.dim('key_dim');
      const value = args.isNone('value_dim') ? key : args.dim('value_dim');
      return projections(args, { queries: heads, keys: heads, key, value });
    },
    output: (args) => (args.isNone('output_shape') ? withLast(args, args.inputSize(-1)) : null),
  },
  GroupQueryAttention: {
    signature: signature(
      'head_dim, num_query_heads, num_key_value_heads, dropout=0.0, use_bias=True, sliding_window=None, flash_attention=None',
    ),
    weights: (args) => {
      const size = args.dim('head_dim');
      const [queries, keys] = [args.dim('num_query_heads'), args.dim('num_key_value_heads')];
      return projections(args, { queries, keys, key: size, value: size });
    },
    output: (args) => withLast(args, args.inputSize(-1)),
  },
  Attention: {
    signature: signature('use_scale=False, score_mode="dot", dropout=0.0'),
    weights: (args) => {
      const made: WeightSpec[] = args.flag('use_scale') ? [{ role: 'scale', shape: [] }] : [];
      if (args.text('score_mode') === 'concat') made.push({ role: 'concat_score_weight', shape: [] });
      return made;
    },
  },
  AdditiveAttention: {
    signature: signature('use_scale=True, dropout=0.0'),
    weights: (args) => (args.flag('use_scale') ? [{ role: 'scale', shape: [args.inputSize(-1)] }] : []),
  },
};

interface Heads {
  readonly queries: Dim;
  readonly keys: Dim;
  readonly key: Dim;
  readonly value: Dim;
}

/** Query, value and key come as the inputs in this order; the key is the value where it is not given. */
function projections(args: LayerArguments, { queries, keys, key, value }: Heads): WeightSpec[] | null {
  if (args.value('use_gate') === true) return null;
  const one = args.inputs.length === 1 ? 0 : 1;
  const width = args.inputSize(-1);
  const valueWidth = args.inputSize(-1, one);
  const keyWidth = args.inputSize(-1, args.inputs.length > 2 ? 2 : one);
  const shape = args.list('output_shape');
  const out = args.value('output_shape') === undefined || args.isNone('output_shape') ? width : shape?.[0];
  if (out === undefined || (shape?.length ?? 0) > 1) return null;
  const bias = args.flag('use_bias');
  const part = (role: string, sizes: Dim[], biasSizes: Dim[]): WeightSpec[] => [
    { role: `${role}.kernel`, shape: sizes },
    ...(bias ? [{ role: `${role}.bias`, shape: biasSizes }] : []),
  ];
  return [
    ...part('query', [width, queries, key], [queries, key]),
    ...part('key', [keyWidth, keys, key], [keys, key]),
    ...part('value', [valueWidth, keys, value], [keys, value]),
    ...part('attention_output', [queries, value, out], [out]),
  ];
}
