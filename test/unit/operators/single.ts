import { create, toBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import {
  GraphProtoSchema,
  type ModelProto,
  ModelProtoSchema,
  ValueInfoProtoSchema,
} from '../../../src/formats/onnx/onnx_pb';
import { isDefaultDomain } from '../../../src/formats/onnx/reading/graph';
import {
  type AttributeValue,
  makeNode,
  makeTensor,
  makeValueInfo,
} from '../../../src/formats/onnx/writing/make';
import type { DataType } from '../../../src/model/dataType';
import { seededRandom } from '../../../src/runtime/random';

/** An input of a model with a single node: stored in the model, or fed. */
export interface Argument {
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly stored: boolean;
}

const random = seededRandom(20);

export function fed(shape: readonly number[], type: DataType = 'float32', values?: number[]): Argument {
  const count = shape.reduce((a, b) => a * b, 1);
  const fill = () => (type.startsWith('float') ? random() * 2 - 1 : Math.floor(random() * 2));
  return { type, shape, values: values ?? Array.from({ length: count }, fill), stored: false };
}

export function stored(
  values: readonly number[],
  type: DataType = 'int64',
  shape?: readonly number[],
): Argument {
  return { type, shape: shape ?? [values.length], values, stored: true };
}

/** A stored scalar. */
export function scalar(value: number, type: DataType = 'int64'): Argument {
  return stored([value], type, []);
}

export interface Case {
  readonly op: string;
  readonly inputs: readonly (Argument | null)[];
  readonly attributes?: Readonly<Record<string, AttributeValue>>;
  readonly opset?: number;
  /** Of the operator's own domain, 1 unless said. */
  readonly domainVersion?: number;
  /** Number of outputs, 1 unless said. */
  readonly outputs?: number;
  /** Outputs whose shape follows from values: a dimension may stay unknown. */
  readonly open?: boolean;
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  float16: Uint16Array,
  int64: BigInt64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
  uint16: Uint16Array,
  int16: Int16Array,
} as const;

function dataOf({ type, values }: Argument) {
  if (type === 'int64') return BigInt64Array.from(values, (value) => BigInt(value));
  const array = ARRAYS[type as keyof typeof ARRAYS] as typeof Float32Array;
  return array.from(values);
}

export function modelOf({
  op,
  inputs,
  attributes = {},
  opset = 17,
  domainVersion = 1,
  outputs = 1,
}: Case): ModelProto {
  const at = op.lastIndexOf('.');
  const domain = at < 0 ? '' : op.slice(0, at);
  const names = inputs.map((input, index) => (input === null ? '' : `in${index}`));
  const results = Array.from({ length: outputs }, (_, index) => `out${index}`);
  const present = inputs.map((input, index) => ({ input, name: names[index] ?? '' }));
  const imports = [{ domain: '', version: BigInt(opset) }];
  if (!isDefaultDomain(domain)) imports.push({ domain, version: BigInt(domainVersion) });
  return create(ModelProtoSchema, {
    irVersion: 10n,
    opsetImport: imports,
    graph: create(GraphProtoSchema, {
      name: 'single',
      node: [makeNode(op.slice(at + 1), names, results, attributes, { name: 'node', domain })],
      input: present.flatMap(({ input, name }) =>
        input && !input.stored ? [makeValueInfo(name, input.type, input.shape)] : [],
      ),
      initializer: present.flatMap(({ input, name }) =>
        input?.stored
          ? [makeTensor(name, input.type, input.shape, new Uint8Array(dataOf(input).buffer))]
          : [],
      ),
      output: results.map((name) => create(ValueInfoProtoSchema, { name })),
    }),
  });
}

/** What the engine gives. */
export async function run(model: ModelProto, inputs: Case['inputs']): Promise<Record<string, Tensor>> {
  const session = await InferenceSession.create(toBinary(ModelProtoSchema, model), {
    logSeverityLevel: 4,
    graphOptimizationLevel: 'disabled',
    intraOpNumThreads: 1,
  });
  const feeds = inputs.flatMap((input, index) =>
    input && !input.stored
      ? [
          [
            `in${index}`,
            new Tensor(input.type as 'float32', dataOf(input) as Float32Array, input.shape),
          ] as const,
        ]
      : [],
  );
  const results = await session.run(Object.fromEntries(feeds));
  await session.release();
  return results as Record<string, Tensor>;
}
