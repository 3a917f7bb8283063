import { BUILTIN_OPERATORS } from './builtinOperators';
import type { ModelTable, OperatorCodeTable } from './tables';

const FLOAT32 = 0;
const INT32 = 2;

/** The model with a tensor beside the others whose shape is only known in a run: one number, reshaped to [1]. */
export function withDynamicTensor(model: ModelTable): ModelTable {
  const { buffers = [], operatorCodes = [], subgraphs: [main = {}, ...bodies] = [] } = model;
  const { tensors = [], operators = [] } = main;
  const [one, shape, reshaped] = [0, 1, 2].map((at) => tensors.length + at) as [number, number, number];
  return {
    ...model,
    buffers: [...buffers, { data: new Uint8Array(Float32Array.of(1).buffer) }],
    operatorCodes: [...operatorCodes, builtin('CAST'), builtin('RESHAPE')],
    subgraphs: [
      {
        ...main,
        tensors: [
          ...tensors,
          { name: `one of ${one}`, type: FLOAT32, shape: [1], buffer: buffers.length },
          { name: `shape of ${shape}`, type: INT32, shape: [1] },
          { name: `dynamic ${reshaped}`, type: FLOAT32, shape: [1] },
        ],
        operators: [
          ...operators,
          { opcodeIndex: operatorCodes.length, inputs: [one], outputs: [shape] },
          { opcodeIndex: operatorCodes.length + 1, inputs: [one, shape], outputs: [reshaped] },
        ],
      },
      ...bodies,
    ],
  };
}

function builtin(name: string): OperatorCodeTable {
  const number = BUILTIN_OPERATORS.indexOf(name);
  return { builtinCode: number, deprecatedBuiltinCode: number, version: 1 };
}
