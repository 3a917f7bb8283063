import type { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, times } from '../sizes';
import type { LayerSpec, WeightSpec } from '../spec';

const COMMON = 'bias=True, batch_first=False, dropout=0.0, bidirectional=False, device=None, dtype=None';

export const recurrents: Record<string, LayerSpec> = {
  RNN: layers(1, `input_size, hidden_size, num_layers=1, nonlinearity="tanh", ${COMMON}`),
  LSTM: layers(
    4,
    `input_size, hidden_size, num_layers=1, ${COMMON.replace('bidirectional=False', 'bidirectional=False, proj_size=0')}`,
  ),
  GRU: layers(3, `input_size, hidden_size, num_layers=1, ${COMMON}`),
  RNNCell: cell(1, 'input_size, hidden_size, bias=True, nonlinearity="tanh", device=None, dtype=None'),
  LSTMCell: cell(4, 'input_size, hidden_size, bias=True, device=None, dtype=None'),
  GRUCell: cell(3, 'input_size, hidden_size, bias=True, device=None, dtype=None'),
};

/** @param gates how many matrices of the hidden size lie in each weight */
function cell(gates: number, parameters: string): LayerSpec {
  return {
    signature: signature(parameters),
    weights: (args) =>
      one(
        gates,
        args.dim('input_size'),
        args.dim('hidden_size'),
        args.dim('hidden_size'),
        args.flag('bias'),
        '',
      ),
    output: (args) => ['N', args.dim('hidden_size')],
  };
}

function layers(gates: number, parameters: string): LayerSpec {
  return {
    signature: signature(parameters),
    weights: (args) => {
      const hidden = args.dim('hidden_size');
      const projected = args.number('proj_size') || 0;
      const state = projected > 0 ? projected : hidden;
      const directions = args.flag('bidirectional') ? 2 : 1;
      const bias = args.flag('bias');
      const made: WeightSpec[] = [];
      // A number of layers that makes no sense is not worth a million tensors.
      const depth = Math.min(args.count('num_layers'), MAX_LAYERS);
      for (let layer = 0; layer < depth; layer++)
        for (const reverse of ['', '_reverse'].slice(0, directions)) {
          const from = layer === 0 ? args.dim('input_size') : times(directions, state);
          const suffix = `_l${layer}${reverse}`;
          made.push(...one(gates, from, hidden, state, bias, suffix));
          if (projected > 0)
            made.push({
              role: `weight_hr${suffix}`,
              shape: [projected, hidden],
              factors: [hidden, projected],
            });
        }
      return made;
    },
    output,
  };
}

const MAX_LAYERS = 1000;

function one(gates: number, from: Dim, hidden: Dim, state: Dim, bias: boolean, suffix: string): WeightSpec[] {
  const rows = times(gates, hidden);
  const by = gates === 1 ? [] : [gates];
  const made: WeightSpec[] = [
    { role: `weight_ih${suffix}`, shape: [rows, from], factors: [...by, from, hidden] },
    { role: `weight_hh${suffix}`, shape: [rows, state], factors: [...by, state, hidden] },
  ];
  if (bias)
    made.push(
      { role: `bias_ih${suffix}`, shape: [rows], factors: [...by, hidden] },
      { role: `bias_hh${suffix}`, shape: [rows], factors: [...by, hidden] },
    );
  return made;
}

function output(args: LayerArguments): Dim[] {
  const projected = args.number('proj_size') || 0;
  const state = projected > 0 ? projected : args.dim('hidden_size');
  const width = args.flag('bidirectional') ? times(2, state) : state;
  return args.flag('batch_first') ? ['N', 'L', width] : ['L', 'N', width];
}
