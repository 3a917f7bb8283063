import { itemAt, present } from '../../../model/assert';
import type { ModelFile } from '../../format';
import type { MatchedMean } from '../../rewriter';
import { dequantized } from './dequantized';
import { type EditedOperator, GraphEditor } from './editor';
import { activate, activationOf, addOutput, channelMean } from './observe';
import { POLICIES } from './policy';
import { TYPE } from './tensorTypes';

/**
 * `Observing.withMatchedMeans`. In integers a layer's raw output is nowhere to be seen: it is clipped by what the
 * output's type can hold. So these layers compute in float what they do in integers, with the same weights, biases and
 * inputs, and what they give is quantized behind the shift; all others compute as they do.
 */
export function withMatchedMeans(
  file: ModelFile,
  tensors: readonly string[],
  target: string,
): Map<string, MatchedMean> {
  const editor = new GraphEditor(file);
  const names = new Map<string, MatchedMean>();
  for (const tensor of tensors) {
    const index = integersOf(editor, editor.indexOf(tensor));
    const operator = present(editor.producer(index), `layer that gives ${tensor}`);
    const shape = editor.tensor(index).shape ?? [];
    const channels = [itemAt(shape, shape.length - 1)];
    const add = (suffix: string, of: readonly number[]) =>
      editor.addTensor({ name: `${tensor}_${suffix}`, shape: of, type: TYPE.float32 });
    const [raw, shift, moved, wanted] = [
      add('raw', shape),
      add('shift', channels),
      add('moved', shape),
      add('wanted', channels),
    ];
    computeInFloat(editor, operator, raw);
    const mean = channelMean(editor, operator, raw, `${tensor}_own_mean`);
    const then = (op: string, inputs: number[], output: number, options?: string) =>
      editor.insertAfter(operator, {
        op,
        inputs,
        outputs: [output],
        ...(options && { options: { table: options, value: {} } }),
      });
    then('SUB', [wanted, mean], shift, 'SubOptions');
    then('ADD', [raw, shift], moved, 'AddOptions');
    let last = moved;
    if (activationOf(operator) !== null) {
      last = add('activated', shape);
      activate(editor, operator, moved, last);
    }
    editor.insertAfter(operator, {
      op: 'QUANTIZE',
      inputs: [last],
      outputs: [index],
      version: editor.tensor(index).type === TYPE.int16 ? 2 : 1,
    });
    editor.inputs.push(wanted);
    names.set(tensor, { mean: editor.name(wanted), shift: addOutput(editor, shift) });
  }
  editor.saveToRun(target);
  return names;
}

/** The tensor itself, or the one with its integers where it is a float output of the graph. */
function integersOf(editor: GraphEditor, index: number): number {
  const producer = editor.producer(index);
  return producer?.op === 'DEQUANTIZE' || producer?.op === 'QUANTIZE' ? itemAt(producer.inputs, 0) : index;
}

/** Lets a layer give float, of inputs, weights and bias as real numbers. */
function computeInFloat(editor: GraphEditor, operator: EditedOperator, raw: number): void {
  const { product, data } = present(POLICIES.get(operator.op), `policy of ${operator.op}`);
  for (const place of [product?.weights ?? -1, product?.bias ?? -1]) {
    const constant = editor.constant(operator.inputs[place]);
    if (constant === undefined) continue;
    const { buffer: _, quantization: _own, ...tensor } = editor.tensor(itemAt(operator.inputs, place));
    operator.inputs[place] = editor.addConstant(
      { ...tensor, name: `${constant.name}_real`, type: TYPE.float32 },
      dequantized(constant, editor.values(constant)),
      `${constant.name} in float`,
    );
  }
  for (const place of data === 'all' ? [] : data) {
    const index = itemAt(operator.inputs, place);
    const { quantization: _, ...tensor } = editor.tensor(index);
    const real = editor.addTensor({ ...tensor, type: TYPE.float32, name: `${editor.name(index)}_real` });
    const version = tensor.type === TYPE.int16 ? 3 : 2;
    editor.insertBefore(operator, { op: 'DEQUANTIZE', inputs: [index], outputs: [real], version });
    operator.inputs[place] = real;
  }
  operator.outputs = [raw];
}
