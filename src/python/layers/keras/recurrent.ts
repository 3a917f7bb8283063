import { isKind } from '../../evaluate/values';
import { LayerArguments } from '../arguments';
import { signature } from '../signature';
import { type Dim, times } from '../sizes';
import type { LayerSpec, WeightSpec } from '../spec';

const UNITS = 'units, activation="tanh", use_bias=True';
const GATED = 'units, activation="tanh", recurrent_activation="sigmoid", use_bias=True';
const RUN = ', return_sequences=False, return_state=False, go_backwards=False, stateful=False, unroll=False';

const GATES: Record<string, number> = { SimpleRNN: 1, LSTM: 4, GRU: 3 };

export const recurrents: Record<string, LayerSpec> = {
  // What it holds belongs to the layer that it runs at every step; `applyModule` follows that one.
  TimeDistributed: { signature: signature('layer') },
  RNN: {
    signature: signature(`cell${RUN}`),
  },
  StackedRNNCells: { signature: signature('cells') },
  Bidirectional: {
    signature: signature('layer, merge_mode="concat", weights=None, backward_layer=None'),
    weights: (args) => {
      const inner = args.value('layer');
      if (!isKind(inner, 'layer') || !args.isNone('backward_layer')) return null;
      const weights = recurrents[inner.layer]?.weights?.(
        new LayerArguments({ ...inner, inputs: args.setting.inputs }),
      );
      const named = (direction: string) =>
        weights?.map((one) => ({
          ...one,
          role: `${direction}_${inner.name ?? inner.layer.toLowerCase()}.${one.role}`,
        }));
      const [there, back] = [named('forward'), named('backward')];
      return there && back ? [...there, ...back] : null;
    },
    output: (args) => {
      const inner = args.value('layer');
      if (!isKind(inner, 'layer')) return null;
      const shape = recurrents[inner.layer]?.output?.(
        new LayerArguments({ ...inner, inputs: args.setting.inputs }),
      );
      const last = shape?.at(-1);
      if (!shape || last === undefined) return null;
      return args.text('merge_mode') === 'concat' ? [...shape.slice(0, -1), times(2, last)] : shape;
    },
  },
};

for (const [name, gates] of Object.entries(GATES)) {
  const parameters = (gates === 1 ? UNITS : GATED) + (name === 'GRU' ? ', reset_after=True' : '');
  const weights = (args: LayerArguments) => gated(args, gates, name === 'GRU');
  recurrents[name] = { signature: signature(parameters + RUN), weights, output };
  recurrents[`${name}Cell`] = {
    signature: signature(parameters),
    weights,
    output: (args) => ['N', args.dim('units')],
  };
}

function gated(args: LayerArguments, gates: number, mayReset: boolean): WeightSpec[] {
  const units = args.dim('units');
  const from = args.inputSize(-1);
  const columns = times(gates, units);
  const by = gates === 1 ? [] : [gates];
  const made: WeightSpec[] = [
    { role: 'kernel', shape: [from, columns], factors: [...by, from, units] },
    { role: 'recurrent_kernel', shape: [units, columns], factors: [...by, units, units] },
  ];
  if (!args.flag('use_bias')) return made;
  // Resetting after the product needs a bias of its own for the state.
  const both = mayReset && args.flag('reset_after');
  made.push(
    both
      ? { role: 'bias', shape: [2, columns], factors: [2, ...by, units] }
      : { role: 'bias', shape: [columns], factors: [...by, units] },
  );
  return made;
}

function output(args: LayerArguments): Dim[] | null {
  const shape = args.input();
  const units = args.dim('units');
  // With its state it gives several tensors.
  if (args.flag('return_state')) return null;
  const batch = shape?.[0] ?? 'N';
  return args.flag('return_sequences') ? [batch, shape?.[1] ?? 'steps', units] : [batch, units];
}
