import type { Recipe } from '../../../protocol/recipes';
import type { ModelFile } from '../../format';
import { HALVES_ALREADY } from '../../rewriter';
import { dataTypeOf } from '../dataTypes';
import { GraphEditor, tfliteFile } from './editor';
import { weightsOf } from './weights';

/** `Rewriter.refusal`. */
export function refusal(file: ModelFile, recipe: Recipe): string | null {
  const { model } = tfliteFile(file);
  const { graph } = model;
  const quantized = (graph.table.tensors ?? []).find(
    ({ type, quantization }) =>
      (quantization?.scale?.length ?? 0) > 0 && /^u?int/.test(dataTypeOf(type) ?? ''),
  );
  if (quantized !== undefined)
    return `The model is quantized already: '${quantized.name}' holds integers with a scale. Quantize the float model that it was made of.`;
  if (model.externalFiles.length > 0)
    return 'The model keeps weights in files beside it, and the result could not be in one file with them.';
  const stored = [...graph.constants.values()];
  if (recipe === 'float16' && stored.some(({ type }) => type === 'float16')) {
    const editor = new GraphEditor(file);
    if (!editor.operators.some((operator) => weightsOf(editor, operator).length > 0)) return HALVES_ALREADY;
  }
  if (stored.some(({ type }) => type === 'float32' || type === 'float16')) return null;
  return 'The model stores no float weights, so there is nothing to quantize.';
}

const RECURRENT: ReadonlySet<string> = new Set([
  'LSTM',
  'UNIDIRECTIONAL_SEQUENCE_LSTM',
  'BIDIRECTIONAL_SEQUENCE_LSTM',
  'RNN',
  'UNIDIRECTIONAL_SEQUENCE_RNN',
  'SVDF',
]);

/** `Rewriter.suggest`. */
export function suggest(file: ModelFile): { recipe: Recipe; reason: string } {
  const kinds = file.model.graph.nodes.map(({ kind, op }) => (RECURRENT.has(op) ? 'recurrent' : kind));
  const count = (wanted: string) => kinds.filter((kind) => kind?.endsWith(wanted)).length;
  const [convolutions, recurrent, products] = [
    count('convolution'),
    count('recurrent'),
    count('matrix product'),
  ];
  if (convolutions > 0 && convolutions >= recurrent)
    return { recipe: 'int8', reason: 'a convolutional network' };
  if (recurrent > 0) return { recipe: 'int8-dynamic', reason: 'a recurrent network' };
  if (products > 0) return { recipe: 'int8', reason: 'a network of matrix products' };
  return { recipe: 'float16', reason: 'no convolution or matrix product in its main graph' };
}

/** `Rewriter.notes`. */
export function notes(file: ModelFile, recipe: Recipe): string[] {
  const { graphs } = tfliteFile(file).model;
  const others = graphs.slice(1).filter(({ nodes }) => nodes.length > 0);
  const names = others.map(({ name }, index) => `'${name || index + 1}'`).join(', ');
  return [
    ...(recipe === 'int8-dynamic' ? [SLOWER] : []),
    ...(others.length === 0 || recipe === 'float32'
      ? []
      : [
          `Only one graph was quantized: ${names} computes in float. Weights that both read are in the file once, as the quantized graph has them, and are brought back to float.`,
        ]),
  ];
}

const SLOWER =
  'int8-dynamic can be slower than float: what layers are given is quantized anew in every run. Measure it where it will run.';
