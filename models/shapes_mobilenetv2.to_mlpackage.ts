// Writes the Core ML version of the sample, an ML Program with the ONNX model's weights and layers:
//   npx tsx models/shapes_mobilenetv2.to_mlpackage.ts

import { rmSync } from 'node:fs';
import path from 'node:path';
import { intAttribute, intsAttribute } from '../src/formats/onnx/attributes';
import { onnx } from '../src/formats/onnx/format';
import type { OnnxNode } from '../src/formats/onnx/reading/graph';
import { tensorsOf } from '../src/formats/onnx/reading/tensors';
import {
  blob,
  constant,
  encode,
  immediate,
  MIL,
  type OperationInit,
  operation,
  program,
  text,
  weightFile,
  writePackage,
} from '../test/unit/coreml';

const FLOAT32_BLOB = 2;
const source = path.join(import.meta.dirname, 'shapes_mobilenetv2.onnx');
const target = source.replace(/\.onnx$/, '.mlpackage');

const file = onnx.open(source);
const { graph } = file.model;
const inferred = file.infer({ dims: { N: 1 }, shapes: {} }).graph;

/** Names of MIL are identifiers. */
const rename = (name: string) => name.replace(/^\//, '').replaceAll(/[^A-Za-z0-9_]/g, '_');

const shapeOf = (name: string): number[] => {
  const shape = inferred.tensors.get(name)?.shape ?? [];
  return shape.map((size) => size ?? 1);
};

const weighty = new Set(graph.nodes.flatMap(({ op, inputs }) => (op === 'Clip' ? [] : inputs)));
const weights = [...tensorsOf(file.proto)].filter(({ name }) => weighty.has(name));
const { bytes, offsets } = weightFile(weights.map((tensor) => [FLOAT32_BLOB, file.tensorBytes(tensor)]));

const operations: OperationInit[] = weights.map(({ name, dims }, index) => {
  const shape = dims.map(Number);
  return constant(rename(name), blob(MIL.float32, shape, offsets[index] ?? 0), MIL.float32, shape);
});

/** A setting as a constant of its own, which is how programs of these versions have them. */
function setting(node: string, name: string, type: number, values: number | readonly number[]): string {
  const list = [values].flat();
  const shape = typeof values === 'number' ? [] : [list.length];
  const own = `${node}_${name}`;
  operations.push(constant(own, immediate(type, shape, list), type, shape));
  return own;
}

function translate(node: OnnxNode): OperationInit | null {
  const { op, inputs, proto } = node;
  const [x = '', second = '', third = ''] = inputs.map(rename);
  const [result = ''] = node.outputs;
  const name = rename(result);
  const make = (type: string, given: Record<string, string>) =>
    operation(type, given, [[name, MIL.float32, shapeOf(result)]], { name: text(name) });
  switch (op) {
    case 'Constant':
      return null;
    case 'Conv': {
      const padType = `${name}_pad_type`;
      operations.push(constant(padType, text('custom'), MIL.string, []));
      // ONNX lists what is before every axis first, MIL both sides of each axis together.
      const [top = 0, left = 0, bottom = 0, right = 0] = intsAttribute(proto, 'pads') ?? [];
      return make('conv', {
        x,
        weight: second,
        bias: third,
        strides: setting(name, 'strides', MIL.int32, intsAttribute(proto, 'strides') ?? [1, 1]),
        pad_type: padType,
        pad: setting(name, 'pad', MIL.int32, [top, bottom, left, right]),
        dilations: setting(name, 'dilations', MIL.int32, intsAttribute(proto, 'dilations') ?? [1, 1]),
        groups: setting(name, 'groups', MIL.int32, intAttribute(proto, 'group', 1)),
      });
    }
    case 'Clip':
      // All bounds of this model are 0 and 6.
      return make('relu6', { x });
    case 'Add':
      return make('add', { x, y: second });
    case 'ReduceMean':
      return make('reduce_mean', {
        x,
        axes: setting(name, 'axes', MIL.int32, intsAttribute(proto, 'axes') ?? []),
        keep_dims: setting(name, 'keep_dims', MIL.bool, intAttribute(proto, 'keepdims', 1)),
      });
    case 'Gemm':
      return make('linear', { x, weight: second, bias: third });
    default:
      throw new Error(`${op} has no counterpart here.`);
  }
}

for (const node of graph.nodes) {
  const translated = translate(node);
  if (translated) operations.push(translated);
}

const feature = (name: string, shape: readonly number[]) => ({
  name,
  type: {
    type: { case: 'multiArrayType', value: { shape: shape.map(BigInt), dataType: 0x10000 | 32 } },
  } as const,
});
const image = shapeOf('image');
const model = program(
  operations,
  [['image', image]],
  ['logits'],
  {
    input: [feature('image', image)],
    output: [feature('logits', shapeOf('logits'))],
    metadata: { shortDescription: 'Tells ten drawn shapes apart', license: 'MIT' },
  },
  { specificationVersion: 6, opset: 'CoreML5' },
);
rmSync(target, { recursive: true, force: true });
writePackage(target, encode(model), bytes);
console.log(
  `${target}: ${operations.length} operations, ${weights.length} weights, ${bytes.length} bytes of them`,
);
