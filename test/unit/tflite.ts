import { join } from 'node:path';
import { BUILTIN_OPERATORS } from '../../src/formats/tflite/builtinOperators';
import { writeTables } from '../../src/formats/tflite/encode';
import type { TfliteFile } from '../../src/formats/tflite/file';
import { tflite } from '../../src/formats/tflite/format';
import type {
  ModelTable,
  OperatorTable,
  QuantizationTable,
  SubGraphTable,
  TensorTable,
  Union,
} from '../../src/formats/tflite/tables';

export interface MadeTensor {
  readonly shape: readonly number[];
  /** Number of TensorType; 0 is float32. */
  readonly type?: number;
  readonly data?: Float32Array | Int32Array | Int8Array | Uint8Array;
  readonly signature?: readonly number[];
  readonly quantization?: QuantizationTable;
  readonly variable?: boolean;
}

export interface MadeOperator {
  readonly op: string;
  /** Names of tensors, '' for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly options?: Union['value'] & { readonly table: string };
  /** Options of a custom operator. */
  readonly custom?: Uint8Array;
}

export interface MadeGraph {
  readonly name?: string;
  readonly tensors: Readonly<Record<string, MadeTensor>>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly operators: readonly MadeOperator[];
}

const CUSTOM = 32;

/** The tables of a model, the main graph first. An operator that is not builtin becomes a custom one. */
export function makeTflite(...graphs: readonly MadeGraph[]): ModelTable {
  const ops = [...new Set(graphs.flatMap(({ operators }) => operators.map(({ op }) => op)))];
  const buffers: ModelTable['buffers'] & object[] = [{}];
  const subgraphs = graphs.map((graph): SubGraphTable => {
    const names = Object.keys(graph.tensors);
    const indices = (list: readonly string[]) => list.map((name) => names.indexOf(name));
    return {
      name: graph.name ?? 'main',
      tensors: Object.entries(graph.tensors).map(([name, made]): TensorTable => {
        const { data } = made;
        if (data) buffers.push({ data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) });
        return {
          name,
          shape: made.shape,
          type: made.type ?? 0,
          buffer: data ? buffers.length - 1 : 0,
          ...(made.signature && { shapeSignature: made.signature }),
          ...(made.quantization && { quantization: made.quantization }),
          ...(made.variable && { isVariable: true }),
        };
      }),
      inputs: indices(graph.inputs),
      outputs: indices(graph.outputs),
      operators: graph.operators.map(({ op, inputs, outputs, options, custom }): OperatorTable => {
        const { table, ...value } = options ?? { table: '' };
        return {
          opcodeIndex: ops.indexOf(op),
          inputs: indices(inputs),
          outputs: indices(outputs),
          ...(options && { builtinOptions: { table, value: value as Union['value'] } }),
          ...(custom && { customOptions: custom }),
        };
      }),
    };
  });
  return {
    version: 3,
    operatorCodes: ops.map((op) => {
      const number = BUILTIN_OPERATORS.indexOf(op);
      return number < 0
        ? { builtinCode: CUSTOM, customCode: op }
        : { builtinCode: number, deprecatedBuiltinCode: Math.min(number, 127) };
    }),
    subgraphs,
    buffers,
  };
}

let written = 0;

/** Writes a model into a folder and opens it. */
export function reopenTflite(model: ModelTable, folder: string): TfliteFile {
  const path = join(folder, `${written++}.tflite`);
  writeTables(model, path);
  return tflite.open(path);
}
