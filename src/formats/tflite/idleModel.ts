import { BUILTIN_OPERATORS } from './builtinOperators';
import { writeTables } from './encode';

/** Writes a model that does next to nothing: it rounds one number, its input `x` of shape [1]. */
export function writeIdleModel(target: string): void {
  const number = BUILTIN_OPERATORS.indexOf('FLOOR');
  const tensor = (name: string) => ({ name, type: 0, shape: [1], buffer: 0 });
  writeTables(
    {
      version: 3,
      operatorCodes: [{ builtinCode: number, deprecatedBuiltinCode: number, version: 1 }],
      subgraphs: [
        {
          tensors: [tensor('x'), tensor('y')],
          inputs: [0],
          outputs: [1],
          operators: [{ opcodeIndex: 0, inputs: [0], outputs: [1] }],
        },
      ],
      buffers: [{}],
    },
    target,
  );
}
