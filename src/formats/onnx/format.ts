import type { Format } from '../format';
import { OnnxFile } from './file';
import { profiling } from './profile';
import { looksLikeOnnx } from './recognize';
import { rewriter } from './rewrite';
import { withOutputs } from './rewrite/observe';
import { dataPathOf } from './writePlan';

export const onnx: Format = {
  id: 'onnx',
  name: 'ONNX',
  extensions: ['.onnx'],
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
