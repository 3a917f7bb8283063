import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { onnx } from '../formats/onnx/format';
import { encodeWithoutWeights, encodeWithSmallInline } from '../formats/onnx/writing/writer';
import { ModelError } from '../model/modelError';

/** The engine infers shapes before it reads files beside the model. */
const SIZES_ELSEWHERE = /Cannot parse data from external tensors/;

/** What it says of an operator whose types it has no kernel for. */
const NO_KERNEL = /Could not find an implementation|NOT_IMPLEMENTED|Type Error|bfloat16/;

/** A model for an engine that reads it from memory, and the folder in which its external data lies. */
export interface InMemory {
  readonly bytes: Uint8Array;
  readonly folder: string;
}

/** The model with its small constants inline, where that is what the engine's message asks for; else null. */
export function withSizesInline(path: string, message: string): InMemory | null {
  if (!SIZES_ELSEWHERE.test(message)) return null;
  return { bytes: encodeWithSmallInline(onnx.open(path).proto, path), folder: dirname(path) };
}

/** A smaller file is read sooner than taken apart. */
const MAPPED_BYTES = 32 * 2 ** 20;

/**
 * The model with its weights left in its file, which the engine then maps instead of reading and copying them: 0.13 s less
 * for 118 MB, and so much less memory. null where that gains nothing.
 */
export function withWeightsMapped(path: string): InMemory | null {
  if (statSync(path).size < MAPPED_BYTES) return null;
  const bytes = encodeWithoutWeights(onnx.open(path).proto, path);
  return bytes && { bytes, folder: dirname(path) };
}

/** What a model cannot be loaded for, where it is bfloat16 that the engine has no kernels for; else null. */
export function bfloat16Problem(path: string, message: string): ModelError | null {
  if (!NO_KERNEL.test(message)) return null;
  const { graph } = onnx.open(path).infer({ dims: {}, shapes: {} });
  const tensor = [...graph.tensors].find(([, { type }]) => type === 'bfloat16')?.[0];
  if (tensor === undefined) return null;
  const node = graph.nodes.find(({ node }) => [...node.inputs, ...node.outputs].includes(tensor))?.node.name;
  const where = node === undefined ? '' : `, such as the node "${node}"`;
  return new ModelError(
    `The model computes in bfloat16${where}, which ONNX Runtime cannot do on a CPU: export it in float32 or float16.`,
    { file: path, ...(node === undefined ? {} : { node }) },
  );
}
