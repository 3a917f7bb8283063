import { readFileSync, writeFileSync } from 'node:fs';
import { decodeModel } from '../../../src/formats/tflite/decode';
import { encodeModel } from '../../../src/formats/tflite/encode';
import type { BufferTable, ModelTable, TensorTable } from '../../../src/formats/tflite/tables';
import { below, oddFloat, pick, type Random } from './odd';
import { encoded } from './tflite';

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A model whose tables stay readable: only what engines compute with is changed, a little or a lot. */
export function damageGently(source: string, target: string, random: Random): void {
  const model = structuredClone(decodeModel(source).root) as ModelTable;
  for (let count = 1 + below(random, 3); count > 0; count--) pick(random, DAMAGES)(model, random);
  writeFileSync(target, encoded(encodeModel(model)));
}

const DAMAGES: readonly ((model: ModelTable, random: Random) => void)[] = [
  // Weights more often: engines refuse many of the other models before they run them.
  ...Array.from({ length: 5 }, () => damageWeights),
  damageScales,
  damageShape,
  damageOption,
  damageWiring,
];

/** Some bytes of a buffer, or all of its numbers by one that computing stumbles over. */
function damageWeights({ buffers = [] }: ModelTable, random: Random): void {
  const filled = buffers.filter(({ data }) => data !== undefined);
  const buffer = pick(random, filled) as Writable<BufferTable>;
  const bytes = bytesOf(buffer);
  if (bytes.length === 0) return;
  if (random() < 0.3 && bytes.length % 4 === 0)
    buffer.data = new Uint8Array(new Float32Array(bytes.length / 4).fill(oddFloat(random)).buffer);
  else {
    for (let count = 1 + below(random, 8); count > 0; count--)
      bytes[below(random, bytes.length)] = below(random, 256);
    buffer.data = bytes;
  }
}

/** Scales and zero points of a quantized tensor; one that is not becomes a quantized one now and then. */
function damageScales(model: ModelTable, random: Random): void {
  const tensor = anyTensor(model, random);
  const { scale = [1] } = tensor.quantization ?? {};
  const factor = pick(random, [0, 1e-30, 0.5, 2, 1e30, -1, Number.NaN]);
  tensor.quantization = {
    ...tensor.quantization,
    scale: scale.map((one) => (random() < 0.5 ? one : one * factor)),
    zeroPoint: scale.map(() => pick(random, [0, 1, -128, 127, 255, -1000])),
  };
}

/** Another size of a dimension, near the old one: less or more than what the engine will find. */
function damageShape(model: ModelTable, random: Random): void {
  const tensor = anyTensor(model, random);
  const shape = [...(tensor.shape ?? [])];
  if (shape.length === 0) return;
  const axis = below(random, shape.length);
  const size = shape[axis] ?? 1;
  shape[axis] = pick(random, [size + 1, Math.max(1, size - 1), size * 2, 1]);
  tensor.shape = shape;
}

/** Small numbers are what strides, dilations, axes and kinds of padding are. */
function damageOption(model: ModelTable, random: Random): void {
  const operators = (model.subgraphs ?? []).flatMap(({ operators: all = [] }) => all);
  const { builtinOptions } = pick(random, operators);
  if (builtinOptions === undefined) return;
  const value = builtinOptions.value as Record<string, unknown>;
  const numbers = Object.keys(value).filter((key) => typeof value[key] === 'number');
  if (numbers.length > 0) value[pick(random, numbers)] = below(random, 5);
}

/** An operator reads another tensor of the same shape and type. */
function damageWiring(model: ModelTable, random: Random): void {
  const { operators = [], tensors = [] } = pick(random, model.subgraphs ?? []);
  const inputs = pick(random, operators).inputs as number[] | undefined;
  if (inputs === undefined || inputs.length === 0) return;
  const at = below(random, inputs.length);
  const old = tensors[inputs[at] ?? -1];
  const like = tensors.flatMap(({ type, shape }, index) =>
    type === old?.type && String(shape) === String(old?.shape) ? [index] : [],
  );
  if (like.length > 0) inputs[at] = pick(random, like);
}

function anyTensor(model: ModelTable, random: Random): Writable<TensorTable> {
  return pick(random, pick(random, model.subgraphs ?? []).tensors ?? []) as Writable<TensorTable>;
}

function bytesOf({ data }: BufferTable): Uint8Array {
  if (data === undefined) return new Uint8Array();
  if (data instanceof Uint8Array) return Uint8Array.from(data);
  return Uint8Array.from(readFileSync(data.path).subarray(data.offset, data.offset + data.length));
}
