import type { ModelFile } from '../../src/formats/format';
import { rewriter } from '../../src/formats/onnx/rewrite';
import { assign, isStatic } from '../../src/quantization/layout';

/** Assignments to all nodes that allow a precision, but for some that stay in float. */
export const float16 = (file: ModelFile, keep: Iterable<string> = []) =>
  assign(rewriter.plan(file), ({ weights }) => weights === 'float16', keep);

export const dynamicInt8 = (file: ModelFile, keep: Iterable<string> = []) =>
  assign(rewriter.plan(file), ({ activations }) => activations === 'dynamic', keep);

export const staticInt8 = (file: ModelFile, keep: Iterable<string> = [], type: 'uint8' | 'int8' = 'uint8') =>
  assign(rewriter.plan(file), (one) => isStatic(one) && one.activations === type, keep);
