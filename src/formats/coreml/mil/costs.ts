import { elementCount, type Shape } from '../../../model/dataType';
import type { Attribute } from '../../../model/model';
import { product, sum, type Value } from '../../value';
import { isTrue } from './settings';

/** What counting an operation's work needs to know of it. */
export interface OperationShapes {
  readonly type: string;
  /** Shapes that the operation is given for a parameter. */
  input(parameter: string): Shape | null;
  inputs(parameter: string): readonly (Shape | null)[];
  setting(parameter: string): Attribute['value'] | undefined;
  /** What is known of the tensors that it is given for a parameter. */
  values(parameter: string): readonly Value[];
  /** The numbers that a parameter holds, written or computed; null where they are not known, undefined where it is not given. */
  elements(parameter: string): readonly number[] | null | undefined;
  readonly output: Shape | null;
}

/** Multiply-accumulates of an operation; null where a size is unknown, undefined for one that does none. */
export function operationMacs(operation: OperationShapes): number | null | undefined {
  const { input, output, setting } = operation;
  const weights = (parameter: string) => input(parameter)?.slice(1) ?? null;
  switch (operation.type) {
    case 'conv':
    case 'conv_quantized':
      return product([elementCount(output), elementCount(weights('weight'))]);
    case 'conv_transpose':
      return product([elementCount(input('x')), elementCount(weights('weight'))]);
    case 'linear':
      return product([elementCount(output), input('weight')?.at(-1)]);
    case 'matmul':
      return product([elementCount(output), input('x')?.at(isTrue(setting('transpose_x')) ? -2 : -1)]);
    case 'einsum':
      return einsum(String(setting('equation') ?? ''), operation.inputs('values'));
    case 'scaled_dot_product_attention':
      return attention(input('query'), input('key'), input('value'));
    case 'lstm':
    case 'gru':
    case 'rnn': {
      const names = ['weight_ih', 'weight_hh', 'weight_ih_back', 'weight_hh_back'];
      const given = names.filter((name) => operation.inputs(name).length > 0);
      const each = sum(given.map((name) => elementCount(input(name))));
      return product([elementCount(input('x')?.slice(0, 2) ?? null), each]);
    }
    default:
      return undefined;
  }
}

/** `nhcw,nhwu->nhcu`: one for each combination of all indices. */
function einsum(equation: string, inputs: readonly (Shape | null)[]): number | null {
  const sizes = new Map<string, number>();
  const terms = equation.replaceAll(' ', '').split('->')[0]?.split(',') ?? [];
  if (terms.length !== inputs.length || !terms.every((term) => /^[a-zA-Z]+$/.test(term))) return null;
  for (const [index, term] of terms.entries()) {
    const shape = inputs[index];
    if (shape?.length !== term.length) return null;
    for (const [axis, letter] of [...term].entries()) {
      const size = shape[axis];
      if (typeof size !== 'number') return null;
      sizes.set(letter, Math.max(size, sizes.get(letter) ?? 1));
    }
  }
  return product([...sizes.values()]);
}

/** Query [*, L, E], key [*, S, E], value [*, S, F]: E for each pair of a query and a key, then F for each. */
function attention(query: Shape | null, key: Shape | null, value: Shape | null): number | null {
  const depth = sum([query?.at(-1), value?.at(-1)]);
  return product([elementCount(query?.slice(0, -1) ?? null), key?.at(-2), depth]);
}

const LOOKING: ReadonlySet<string> = new Set([
  'expand_dims',
  'flatten2d',
  'identity',
  'read_state',
  'reshape',
  'reshape_like',
  'shape',
  'squeeze',
]);

/** What an operation without MACs works through; `none` where it looks at the same elements in another way. */
export function worksThrough(type: string): 'outputs' | 'input' | 'none' {
  if (LOOKING.has(type)) return 'none';
  return type.startsWith('reduce_') || type.endsWith('_pool') ? 'input' : 'outputs';
}
