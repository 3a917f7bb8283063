import type { Format } from '../format';
import { OnnxFile } from './file';
import { profiling } from './profiling/rowNames';
import { looksLikeOnnx } from './reading/recognize';
import { rewriter } from './rewrite';
import { withOutputs } from './rewrite/observe';
import { dataPathOf } from './writing/writePlan';

export const onnx: Format = {
  id: 'onnx',
  name: 'ONNX',
  extensions: ['.onnx'],
  layout: 'channels first',
  recognizes: looksLikeOnnx,
  open: (path) => OnnxFile.open(path),
  companionsOf: (target) => [dataPathOf(target)],
  rewriter,
  withOutputs,
  // A getter, because the two modules import each other.
  get profiling() {
    return profiling;
  },
};
