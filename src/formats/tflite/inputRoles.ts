import type { InferredGraph } from '../../model/inference';
import type { ModelFile } from '../format';
import type { InputRole } from '../profiling';

/** Operators that give the values of their first input on as they are. */
const TRANSPARENT: ReadonlySet<string> = new Set([
  'CAST',
  'EXPAND_DIMS',
  'RESHAPE',
  'SLICE',
  'SQUEEZE',
  'STRIDED_SLICE',
  'TRANSPOSE',
]);

/** Where operators that pick rows of a table have their indices and the table. */
const LOOKUPS: ReadonlyMap<string, { readonly indices: number; readonly table: number }> = new Map([
  ['EMBEDDING_LOOKUP', { indices: 0, table: 1 }],
  ['GATHER', { indices: 1, table: 0 }],
]);

/** Which inputs are quantized, which index a table, and which are masks by their names. */
export function inputRoles(_file: ModelFile, inferred: InferredGraph): Map<string, InputRole> {
  const roles = new Map<string, InputRole>();
  // Input of the graph whose values a tensor has.
  const origins = new Map<string, string>();
  for (const { name, quantization } of inferred.graph.inputs) {
    const { scales = [], zeroPoints = [] } = quantization ?? {};
    const [scale] = scales;
    if (scale !== undefined && scales.length === 1)
      roles.set(name, { kind: 'quantized', scale, zeroPoint: zeroPoints[0] ?? 0 });
    origins.set(name, name);
    if (/mask/i.test(name)) roles.set(name, { kind: 'mask' });
  }
  for (const { node } of inferred.nodes) {
    const lookup = LOOKUPS.get(node.op);
    const input = origins.get(node.inputs[lookup?.indices ?? 0] ?? '');
    if (input === undefined) continue;
    if (TRANSPARENT.has(node.op)) for (const output of node.outputs) origins.set(output, input);
    if (lookup === undefined || roles.get(input)?.kind === 'mask') continue;
    const axis = node.attributes.find(({ name }) => name === 'axis')?.value ?? 0;
    const below = inferred.tensors.get(node.inputs[lookup.table] ?? '')?.shape?.at(Number(axis));
    const known = roles.get(input);
    if (typeof below === 'number' && below > 0 && !(known?.kind === 'index' && known.below <= below))
      roles.set(input, { kind: 'index', below });
  }
  return roles;
}
