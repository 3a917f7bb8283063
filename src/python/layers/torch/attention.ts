import { isKind, type Value } from '../../evaluate/values';
import { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, times } from '../sizes';
import type { LayerSpec, WeightSpec } from '../spec';

const ENCODER_LAYER =
  'd_model, nhead, dim_feedforward=2048, dropout=0.1, activation="relu", layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None';
const TRANSFORMER =
  'd_model=512, nhead=8, num_encoder_layers=6, num_decoder_layers=6, dim_feedforward=2048, dropout=0.1, activation="relu", custom_encoder=None, custom_decoder=None, layer_norm_eps=1e-05, batch_first=False, norm_first=False, bias=True, device=None, dtype=None';

export const attentions: Record<string, LayerSpec> = {
  MultiheadAttention: {
    signature: signature(
      'embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False, device=None, dtype=None',
    ),
    weights: multihead,
    output: (args) => sequence(args, args.dim('embed_dim')),
  },
  TransformerEncoderLayer: {
    signature: signature(ENCODER_LAYER),
    weights: (args) => encoderLayer(args),
    output: (args) => sequence(args, args.dim('d_model')),
  },
  TransformerDecoderLayer: {
    signature: signature(ENCODER_LAYER),
    weights: (args) => decoderLayer(args),
    output: (args) => sequence(args, args.dim('d_model')),
  },
  TransformerEncoder: {
    signature: signature('encoder_layer, num_layers, norm=None, enable_nested_tensor=True, mask_check=True'),
    weights: (args) => stack(args, 'encoder_layer', encoderLayer),
  },
  TransformerDecoder: {
    signature: signature('decoder_layer, num_layers, norm=None'),
    weights: (args) => stack(args, 'decoder_layer', decoderLayer),
  },
  Transformer: {
    signature: signature(TRANSFORMER),
    weights: transformer,
    output: (args) => sequence(args, args.dim('d_model')),
  },
};

function sequence(args: LayerArguments, width: Dim): Dim[] {
  return args.flag('batch_first') ? ['N', 'L', width] : ['L', 'N', width];
}

/** Projections of query, key and value lie in one tensor, unless their sizes differ. */
function multihead(args: LayerArguments): WeightSpec[] {
  const width = args.dim('embed_dim');
  const key = args.isNone('kdim') ? width : args.dim('kdim');
  const value = args.isNone('vdim') ? width : args.dim('vdim');
  const made: WeightSpec[] =
    key === width && value === width
      ? [{ role: 'in_proj_weight', shape: [times(3, width), width], factors: [3, width, width] }]
      : [
          { role: 'q_proj_weight', shape: [width, width] },
          { role: 'k_proj_weight', shape: [width, key], factors: [key, width] },
          { role: 'v_proj_weight', shape: [width, value], factors: [value, width] },
        ];
  const bias = args.flag('bias');
  if (bias) made.push({ role: 'in_proj_bias', shape: [times(3, width)], factors: [3, width] });
  if (args.flag('add_bias_kv'))
    made.push({ role: 'bias_k', shape: [1, 1, width] }, { role: 'bias_v', shape: [1, 1, width] });
  made.push({ role: 'out_proj.weight', shape: [width, width] });
  if (bias) made.push({ role: 'out_proj.bias', shape: [width] });
  return made;
}

function attention(prefix: string, width: Dim, bias: boolean): WeightSpec[] {
  const made: WeightSpec[] = [
    { role: `${prefix}.in_proj_weight`, shape: [times(3, width), width], factors: [3, width, width] },
    { role: `${prefix}.out_proj.weight`, shape: [width, width] },
  ];
  if (bias)
    made.push(
      { role: `${prefix}.in_proj_bias`, shape: [times(3, width)], factors: [3, width] },
      { role: `${prefix}.out_proj.bias`, shape: [width] },
    );
  return made;
}

function linear(prefix: string, from: Dim, to: Dim, bias: boolean): WeightSpec[] {
  const weight = { role: `${prefix}.weight`, shape: [to, from], factors: [from, to] };
  return bias ? [weight, { role: `${prefix}.bias`, shape: [to] }] : [weight];
}

function norm(prefix: string, width: Dim, bias: boolean): WeightSpec[] {
  const weight = { role: `${prefix}.weight`, shape: [width] };
  return bias ? [weight, { role: `${prefix}.bias`, shape: [width] }] : [weight];
}

function encoderLayer(args: LayerArguments): WeightSpec[] {
  const [width, inner, bias] = [args.dim('d_model'), args.dim('dim_feedforward'), args.flag('bias')];
  return [
    ...attention('self_attn', width, bias),
    ...linear('linear1', width, inner, bias),
    ...linear('linear2', inner, width, bias),
    ...norm('norm1', width, bias),
    ...norm('norm2', width, bias),
  ];
}

function decoderLayer(args: LayerArguments): WeightSpec[] {
  const [width, bias] = [args.dim('d_model'), args.flag('bias')];
  return [...encoderLayer(args), ...attention('multihead_attn', width, bias), ...norm('norm3', width, bias)];
}

/** Copies of a layer after each other. */
function stack(
  args: LayerArguments,
  name: string,
  layer: (args: LayerArguments) => WeightSpec[],
): WeightSpec[] | null {
  const inner = args.value(name);
  const last = args.value('norm') ?? null;
  const depth = args.number('num_layers');
  if (!isKind(inner, 'layer') || depth === null || depth > MAX_LAYERS) return null;
  const end = last === null ? [] : finalNorm(last);
  if (end === null) return null;
  const each = layer(new LayerArguments(inner));
  return [...repeated('layers', each, depth), ...end];
}

const MAX_LAYERS = 1000;

function repeated(prefix: string, weights: readonly WeightSpec[], depth: number): WeightSpec[] {
  return Array.from({ length: depth }, (_, at) =>
    weights.map((one) => ({ ...one, role: `${prefix}.${at}.${one.role}` })),
  ).flat();
}

/** The norm that stands at the end, which is a layer norm in all that is published. */
function finalNorm(value: Value): WeightSpec[] | null {
  if (!isKind(value, 'layer') || value.layer !== 'LayerNorm') return null;
  const size = new LayerArguments(value).list('normalized_shape')?.[0];
  return size === undefined ? null : norm('norm', size, value.args.get('bias') !== false);
}

function transformer(args: LayerArguments): WeightSpec[] | null {
  if (!args.isNone('custom_encoder') || !args.isNone('custom_decoder')) return null;
  const [width, bias] = [args.dim('d_model'), args.flag('bias')];
  const [encoders, decoders] = [args.number('num_encoder_layers'), args.number('num_decoder_layers')];
  if (encoders === null || decoders === null || encoders + decoders > MAX_LAYERS) return null;
  const prefixed = (prefix: string, weights: WeightSpec[]) =>
    weights.map((one) => ({ ...one, role: `${prefix}.${one.role}` }));
  return [
    ...prefixed('encoder', [
      ...repeated('layers', encoderLayer(args), encoders),
      ...norm('norm', width, bias),
    ]),
    ...prefixed('decoder', [
      ...repeated('layers', decoderLayer(args), decoders),
      ...norm('norm', width, bias),
    ]),
  ];
}
