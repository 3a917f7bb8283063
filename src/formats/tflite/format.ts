import type { Format } from '../format';
import { TfliteFile } from './file';
import { withOutputs } from './outputs';
import { profiling } from './profiling';
import { rewriter } from './rewrite';
import { withValues } from './rewrite/values';
import { restoreGraphs, withSignature } from './signature';
import { computesShapes, withSizes } from './sizes';

/** kDefaultTensorAlignment of TensorFlow Lite. */
const TENSOR_ALIGNMENT = 64;

const IDENTIFIER = [...'TFL3'].map((letter) => letter.charCodeAt(0));

export const tflite = {
  id: 'tflite',
  name: 'TensorFlow Lite',
  extensions: ['.tflite'],
  layout: 'channels last',
  recognizes: (head: Uint8Array) => IDENTIFIER.every((code, index) => head[4 + index] === code),
  open: (path: string): TfliteFile => new TfliteFile(path, tflite),
  rewriter,
  arena: { alignment: TENSOR_ALIGNMENT },
  withOutputs,
  withValues,
  withSizes,
  computesShapes,
  withSignature,
  restoreGraphs,
  profiling,
} satisfies Format;
