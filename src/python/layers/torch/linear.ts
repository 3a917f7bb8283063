import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import type { Dim } from '../sizes';
import { type LayerSpec, type WeightSpec, withBias } from '../spec';

const EMBEDDING =
  'num_embeddings, embedding_dim, padding_idx=None, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, sparse=False, _weight=None, _freeze=False, device=None, dtype=None';
const EMBEDDING_BAG =
  'num_embeddings, embedding_dim, max_norm=None, norm_type=2.0, scale_grad_by_freq=False, mode="mean", sparse=False, _weight=None, include_last_offset=False, padding_idx=None, device=None, dtype=None';

export const linears: Record<string, LayerSpec> = {
  Linear: {
    signature: signature('in_features, out_features, bias=True, device=None, dtype=None'),
    weights: (args) => linear(args, args.dim('in_features')),
    output: (args) => ['…', args.dim('out_features')],
  },
  LazyLinear: {
    signature: signature('out_features, bias=True, device=None, dtype=None'),
    weights: (args) => linear(args, 'in_features'),
    output: (args) => ['…', args.dim('out_features')],
  },
  Bilinear: {
    signature: signature('in1_features, in2_features, out_features, bias=True, device=None, dtype=None'),
    weights: (args) => {
      const [a, b, to] = [args.dim('in1_features'), args.dim('in2_features'), args.dim('out_features')];
      return withBias({ role: 'weight', shape: [to, a, b], factors: [a, b, to] }, [to], args.flag('bias'));
    },
    output: (args) => ['…', args.dim('out_features')],
  },
  Embedding: {
    signature: signature(EMBEDDING),
    weights: (args) => [{ role: 'weight', shape: [args.dim('num_embeddings'), args.dim('embedding_dim')] }],
    output: (args) => ['…', args.dim('embedding_dim')],
  },
  EmbeddingBag: {
    signature: signature(EMBEDDING_BAG),
    weights: (args) => [{ role: 'weight', shape: [args.dim('num_embeddings'), args.dim('embedding_dim')] }],
    output: (args) => ['N', args.dim('embedding_dim')],
  },
  PReLU: {
    signature: signature('num_parameters=1, init=0.25, device=None, dtype=None'),
    weights: (args) => [{ role: 'weight', shape: [args.dim('num_parameters')] }],
  },
};

function linear(args: LayerArguments, from: Dim): WeightSpec[] {
  const to = args.dim('out_features');
  return withBias({ role: 'weight', shape: [to, from], factors: [from, to] }, [to], args.flag('bias'));
}
