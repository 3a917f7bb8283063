import type { TextModel } from '../../onnxtxt/syntax';
import type { Format } from '../format';
import { OnnxFile } from './file';
import { profiling } from './profiling/rowNames';
import { looksLikeOnnx } from './reading/recognize';
import { rewriter } from './rewrite';
import { withOutputs, withValues } from './rewrite/observe';
import { dataPathOf } from './writing/writePlan';

export const onnx = {
  id: 'onnx',
  name: 'ONNX',
  extensions: ['.onnx'],
  layout: 'channels first',
  recognizes: looksLikeOnnx,
  open: (path: string): OnnxFile => OnnxFile.open(path, onnx),
  companionsOf: (target: string) => [dataPathOf(target)],
  rewriter,
  withOutputs,
  withValues,
  profiling,
} satisfies Format;

/** The model that a text states; what it elides is unknown. */
export function modelOfText(text: TextModel, path: string, bytes: number): OnnxFile {
  return OnnxFile.ofText(text, path, bytes, onnx);
}
