import type { Format } from '../format';
import { OnnxFile } from './file';
import { profiling } from './profile';
import { looksLikeOnnx } from './recognize';

export const onnx: Format = {
  id: 'onnx',
  name: 'ONNX',
  extensions: ['.onnx'],
  recognizes: looksLikeOnnx,
  open: (path) => OnnxFile.open(path),
  rewriter: null,
  // A getter, because the two modules import each other.
  get profiling() {
    return profiling;
  },
};
