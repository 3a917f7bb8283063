import { create } from '@bufbuild/protobuf';
import { expect, it } from 'vitest';
import { analyze } from '../../src/analysis/inspect';
import type { ModelFile } from '../../src/formats/format';
import { OperatorSetIdProtoSchema } from '../../src/formats/onnx/onnx_pb';
import type { AttributeValue } from '../../src/formats/onnx/writing/make';
import { makeNode, makeTensor, makeValueInfo } from '../../src/formats/onnx/writing/make';
import type { QuantizationTable } from '../../src/formats/tflite/tables';
import { itemAt } from '../../src/model/assert';
import type { DataType } from '../../src/model/dataType';
import type { TargetLayer } from '../../src/protocol/targets';
import { targetReport } from '../../src/targets/report';
import type { Target } from '../../src/targets/target';
import { makeModel, reopen } from './support';
import { type MadeOperator, type MadeTensor, makeTflite, reopenTflite } from './tflite';

/** A model of one layer for the tables of deployment targets. */
export interface OneLayer {
  readonly op: string;
  /** '' is left out. */
  readonly inputs: readonly (LayerTensor | '')[];
  readonly outputs: readonly LayerTensor[];
  readonly options?: Readonly<Record<string, number | string | boolean>> & { readonly table: string };
  readonly version?: number;
  /** What gives one of its inputs: operator, from which stored tensor, to which input. */
  readonly unpacked?: { readonly op: string; readonly from: MadeTensor; readonly input: number };
}

export type LayerTensor = MadeTensor;

const FLOAT16 = 1;
const INT32 = 2;
const UINT8 = 3;
const INT64 = 4;
const INT8 = 9;
const INT16 = 7;
const ONE_SCALE: QuantizationTable = { scale: [0.5], zeroPoint: [0] };

/** Tensors that are computed when the model runs. */
export const made = {
  float: (...shape: number[]): MadeTensor => ({ shape }),
  half: (...shape: number[]): MadeTensor => ({ shape, type: FLOAT16 }),
  int32: (...shape: number[]): MadeTensor => ({ shape, type: INT32 }),
  int64: (...shape: number[]): MadeTensor => ({ shape, type: INT64 }),
  int16: (...shape: number[]): MadeTensor => ({ shape, type: INT16, quantization: ONE_SCALE }),
  int8: (shape: number[], quantization: QuantizationTable | null = ONE_SCALE): MadeTensor => ({
    shape,
    type: INT8,
    ...(quantization && { quantization }),
  }),
  uint8: (shape: number[], quantization: QuantizationTable = ONE_SCALE): MadeTensor => ({
    shape,
    type: UINT8,
    quantization,
  }),
};

const size = (shape: readonly number[]) => shape.reduce((product, one) => product * one, 1);

/** Tensors whose values lie in the file. */
export const kept = {
  float: (...shape: number[]): MadeTensor => ({ shape, data: new Float32Array(size(shape)).fill(1) }),
  half: (...shape: number[]): MadeTensor => ({ shape, type: FLOAT16, data: new Uint8Array(2 * size(shape)) }),
  int8: (shape: number[], quantization: QuantizationTable | null = ONE_SCALE): MadeTensor => ({
    ...made.int8(shape, quantization),
    data: new Int8Array(size(shape)).fill(1),
  }),
  uint8: (shape: number[], quantization: QuantizationTable = ONE_SCALE): MadeTensor => ({
    ...made.uint8(shape, quantization),
    data: new Uint8Array(size(shape)).fill(1),
  }),
  bias: (...shape: number[]): MadeTensor => ({
    shape,
    type: INT32,
    data: new Int32Array(size(shape)),
    quantization: ONE_SCALE,
  }),
  list: (...values: number[]): MadeTensor => ({
    shape: [values.length],
    type: INT32,
    data: Int32Array.from(values),
  }),
  pairs: (...values: number[]): MadeTensor => ({
    shape: [values.length / 2, 2],
    type: INT32,
    data: Int32Array.from(values),
  }),
};

/** A .tflite of one layer, behind what unpacks one of its inputs. */
export function oneTfliteLayer(
  { op, inputs, outputs, options, version, unpacked }: OneLayer,
  folder: string,
): ModelFile {
  const tensors: Record<string, MadeTensor> = {};
  inputs.forEach((tensor, index) => {
    if (tensor !== '') tensors[`in${index}`] = tensor;
  });
  outputs.forEach((tensor, index) => {
    tensors[`out${index}`] = tensor;
  });
  const operators: MadeOperator[] = [];
  if (unpacked !== undefined) {
    Object.assign(tensors, { packed: unpacked.from });
    operators.push({ op: unpacked.op, inputs: ['packed'], outputs: [`in${unpacked.input}`] });
  }
  operators.push({
    op,
    inputs: inputs.map((tensor, index) => (tensor === '' ? '' : `in${index}`)),
    outputs: outputs.map((_, index) => `out${index}`),
    ...(options && { options }),
  });
  const fed = inputs.flatMap((tensor, index) =>
    tensor === '' || tensor.data || unpacked?.input === index ? [] : [`in${index}`],
  );
  const tables = makeTflite({
    tensors,
    inputs: fed,
    outputs: outputs.map((_, index) => `out${index}`),
    operators,
  });
  const codes = tables.operatorCodes ?? [];
  const last = codes.length - 1;
  return reopenTflite(
    {
      ...tables,
      operatorCodes: codes.map((code, at) => ({ ...code, version: at === last ? (version ?? 1) : 1 })),
    },
    folder,
  );
}

/** An ONNX layer: inputs as types and shapes, those with `stored` as initializers. */
export interface OneOnnxLayer {
  readonly op: string;
  readonly inputs: readonly (OnnxTensor | '')[];
  readonly outputs?: readonly (OnnxTensor | '')[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly domain?: string;
  readonly opset?: number;
  /** An input that a DequantizeLinear gives. */
  readonly decoded?: number;
}

export interface OnnxTensor {
  readonly type: DataType;
  readonly shape: readonly (number | string)[];
  /** Its numbers, all alike or one by one. */
  readonly stored?: readonly number[] | number;
}

/** A float32 tensor that is computed. */
export const real = (...shape: (number | string)[]): OnnxTensor => ({ type: 'float32', shape });
/** A float32 initializer. */
export const weights = (...shape: number[]): OnnxTensor => ({ type: 'float32', shape, stored: 1 });
/** An int64 initializer. */
export const integers = (...values: number[]): OnnxTensor => ({
  type: 'int64',
  shape: [values.length],
  stored: values,
});

function bytesOf({ type, shape, stored }: OnnxTensor): Uint8Array {
  const count = size(shape.map(Number));
  const values = typeof stored === 'number' ? Array<number>(count).fill(stored) : [...(stored ?? [])];
  const array =
    type === 'int64'
      ? BigInt64Array.from(values.map(BigInt))
      : type === 'float32'
        ? Float32Array.from(values)
        : Uint8Array.from(values);
  return new Uint8Array(array.buffer);
}

/** An ONNX model of one layer. */
export function oneOnnxLayer(layer: OneOnnxLayer, folder: string): ModelFile {
  const { op, inputs, outputs = [real(1, 4)], attributes = {}, domain, opset = 13, decoded } = layer;
  const named = inputs.map((tensor, index) => ({ tensor, name: tensor === '' ? '' : `in${index}` }));
  const given = named.filter(({ tensor }) => tensor !== '') as { tensor: OnnxTensor; name: string }[];
  const gives = outputs.map((tensor, index) => (tensor === '' ? '' : `out${index}`));
  const isDecoded = (name: string) => name === `in${decoded}`;
  const scale = makeTensor('scale', 'float32', [], new Uint8Array(new Float32Array([1]).buffer));
  const packed = decoded === undefined ? null : itemAt(given, decoded).tensor;
  const model = makeModel(
    {
      input: [
        ...given
          .filter(({ tensor, name }) => tensor.stored === undefined && !isDecoded(name))
          .map(({ tensor, name }) => makeValueInfo(name, tensor.type, [...tensor.shape])),
        ...(packed !== null && packed.stored === undefined
          ? [makeValueInfo('packed', 'uint8', [...packed.shape])]
          : []),
      ],
      output: outputs.flatMap((tensor, index) =>
        tensor === '' ? [] : [makeValueInfo(`out${index}`, tensor.type, [...tensor.shape])],
      ),
      initializer: [
        ...given
          .filter(({ tensor, name }) => tensor.stored !== undefined && !isDecoded(name))
          .map(({ tensor, name }) =>
            makeTensor(name, tensor.type, tensor.shape.map(Number), bytesOf(tensor)),
          ),
        ...(packed?.stored === undefined
          ? []
          : [makeTensor('packed', 'uint8', packed.shape.map(Number), bytesOf({ ...packed, type: 'uint8' }))]),
        ...(packed === null ? [] : [scale]),
      ],
      node: [
        ...(packed === null ? [] : [makeNode('DequantizeLinear', ['packed', 'scale'], [`in${decoded}`])]),
        makeNode(
          op,
          named.map(({ name }) => name),
          gives,
          attributes,
          { ...(domain && { domain }) },
        ),
      ],
    },
    {
      opsetImport: [
        create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(opset) }),
        ...(domain ? [create(OperatorSetIdProtoSchema, { domain, version: 1n })] : []),
      ],
    },
  );
  return reopen(model, folder);
}

/** What a target says of a model's last layer. */
export function lastLayer(file: ModelFile, target: Target): TargetLayer {
  const { layers } = targetReport(file, analyze(file, { dims: {}, shapes: {} }), target);
  return itemAt(layers ?? [], (layers ?? []).length - 1);
}

/** A rule of a target, a layer that meets it, and one that does not. */
export type RuleCase<Spec> = readonly [rule: string, passing: Spec | null, failing: Spec];

/** Every rule of a target by a layer that passes and one that fails for that rule; none is left out. */
export function testRules<Spec extends { readonly op: string }>(
  target: Target,
  format: string,
  cases: readonly RuleCase<Spec>[],
  build: (spec: Spec) => ModelFile,
): void {
  it.each(cases.map((one, index) => [one[0], one[2].op, index] as const))('%s of %s', (rule, _, index) => {
    const [, passing, failing] = itemAt(cases, index);
    if (passing !== null) expect(lastLayer(build(passing), target)).toMatchObject({ where: 'there' });
    const found = lastLayer(build(failing), target);
    expect(found).toMatchObject({ rule });
    expect(['falls back', 'unknown']).toContain(found.where);
    expect(found.reason).toMatch(/\.$/);
  });

  it('has a case for every rule', () => {
    const table = target.layers?.[format];
    const ids = [
      ...(table?.every ?? []),
      ...(table?.any ?? []),
      ...Object.values(table?.operators ?? {}).flat(),
    ].map(({ id }) => id);
    const rules = new Set([...(table?.any === undefined ? ['operator'] : []), ...ids]);
    expect([...new Set(cases.map(([rule]) => rule))].sort()).toEqual([...rules].sort());
  });
}
