import { itemAt, present } from '../../../model/assert';
import type { ModelFile } from '../../format';
import type { MinMaxNames } from '../../rewriter';
import { numberOption } from '../options';
import { type EditedOperator, GraphEditor } from './editor';
import { FOLDED_ACTIVATIONS } from './policy';
import { TYPE } from './tensorTypes';

/** `Observing.withRanges`: the extremes are found inside the graph, so that nothing else leaves it. */
export function withRanges(
  file: ModelFile,
  tensors: readonly string[],
  target: string,
): Map<string, MinMaxNames> {
  const editor = new GraphEditor(file);
  const names = new Map<string, MinMaxNames>();
  for (const tensor of tensors) {
    const index = editor.indexOf(tensor);
    const axes = (editor.tensor(index).shape ?? []).map((_, axis) => axis);
    const extreme = (op: string, suffix: string) =>
      addOutput(editor, addReduction(editor, { op, index, axes, shape: [], name: `${tensor}_${suffix}` }));
    names.set(tensor, { min: extreme('REDUCE_MIN', 'min'), max: extreme('REDUCE_MAX', 'max') });
  }
  editor.saveToRun(target);
  return names;
}

/** `Observing.withChannelMeans`: of what a layer gives before the activation function that is folded into it. */
export function withChannelMeans(
  file: ModelFile,
  tensors: readonly string[],
  target: string,
): Map<string, string> {
  const editor = new GraphEditor(file);
  const names = new Map<string, string>();
  for (const tensor of tensors) {
    const index = editor.indexOf(tensor);
    const operator = present(editor.producer(index), `operator that gives ${tensor}`);
    const raw = takeApart(editor, operator, index);
    names.set(tensor, addOutput(editor, channelMean(editor, operator, raw, `${tensor}_mean`)));
    if (raw !== index) activate(editor, operator, raw, index);
  }
  editor.saveToRun(target);
  return names;
}

/** The tensor that an operator gives before its activation function; its own output where it has none. */
export function takeApart(editor: GraphEditor, operator: EditedOperator, index: number): number {
  if (activationOf(operator) === null) return index;
  const { quantization: _, ...tensor } = editor.tensor(index);
  const raw = editor.addTensor({ ...tensor, type: TYPE.float32, name: `${editor.name(index)}_raw` });
  operator.outputs = operator.outputs.map((output) => (output === index ? raw : output));
  return raw;
}

/** Puts the activation function that an operator had behind it. */
export function activate(editor: GraphEditor, operator: EditedOperator, raw: number, output: number): void {
  const op = present(activationOf(operator), 'activation function');
  editor.insertAfter(operator, { op, inputs: [raw], outputs: [output] });
  const { table = '' } = operator.table.builtinOptions ?? {};
  editor.setOption(operator, table, 'fusedActivationFunction', 0);
}

/** The activation function folded into an operator, as the operator that it is by itself. */
export function activationOf({ table }: EditedOperator): string | null {
  return FOLDED_ACTIVATIONS.get(numberOption(table, 'fusedActivationFunction')) ?? null;
}

/** The mean of each channel, the last axis, over everything else, of shape [channels]; right behind an operator. */
export function channelMean(editor: GraphEditor, after: EditedOperator, index: number, name: string): number {
  const shape = editor.tensor(index).shape ?? [];
  const axes = shape.slice(1).map((_, axis) => axis);
  const channels = itemAt(shape, shape.length - 1);
  return addReduction(editor, { op: 'MEAN', index, axes, shape: [channels], name, after });
}

function addReduction(
  editor: GraphEditor,
  reduction: {
    readonly op: string;
    readonly index: number;
    readonly axes: readonly number[];
    readonly shape: readonly number[];
    readonly name: string;
    /** Absent: behind the operator that gives the tensor. */
    readonly after?: EditedOperator;
  },
): number {
  const { op, index, axes, shape, name, after } = reduction;
  const key = `axes ${axes.join()}`;
  const stored = editor.addConstant(
    { name: key, shape: [axes.length], type: TYPE.int32 },
    Int32Array.from(axes),
    key,
  );
  const output = editor.addTensor({ name, shape, type: TYPE.float32 });
  editor.insertAfter(after ?? editor.producer(index) ?? null, {
    op,
    inputs: [index, stored],
    outputs: [output],
    options: { table: 'ReducerOptions', value: { keepDims: false } },
  });
  return output;
}

/** @returns the tensor's name */
export function addOutput(editor: GraphEditor, index: number): string {
  editor.outputs.push(index);
  return editor.name(index);
}
