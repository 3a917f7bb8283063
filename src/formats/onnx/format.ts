import type { Format } from '../format';
import { OnnxFile } from './file';
import { looksLikeOnnx } from './recognize';

export const onnx: Format = {
  id: 'onnx',
  name: 'ONNX',
  extensions: ['.onnx'],
  recognizes: looksLikeOnnx,
  open: (path) => OnnxFile.open(path),
  rewriter: null,
};
