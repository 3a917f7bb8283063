import { elementCount } from '../../model/dataType';
import type { InferredGraph } from '../../model/inference';
import type { ModelFile } from '../format';
import type { InputRole } from '../profiling';
import { intAttribute } from './attributes';
import type { OnnxNode } from './reading/graph';

/** Operators that give the values of their first input on as they are. */
const TRANSPARENT = new Set([
  'Cast',
  'Concat',
  'Expand',
  'Flatten',
  'Gather',
  'Identity',
  'Reshape',
  'Slice',
  'Split',
  'Squeeze',
  'Tile',
  'Transpose',
  'Unsqueeze',
]);

/** Which inputs index a table or choose a branch, as far as that can be seen, and which are masks by their names. */
export function inputRoles(file: ModelFile, inferred: InferredGraph): Map<string, InputRole> {
  const roles = new Map<string, InputRole>();
  for (const { name } of inferred.graph.inputs) {
    if (/mask/i.test(name)) roles.set(name, { kind: 'mask' });
  }
  const note = (input: string, role: InputRole) => {
    const known = roles.get(input);
    if (known?.kind === 'mask') return;
    if (known?.kind === 'index' && (role.kind !== 'index' || known.below <= role.below)) return;
    roles.set(input, role);
  };
  // Input of the graph whose values a tensor has.
  const origins = new Map(inferred.graph.inputs.map(({ name }) => [name, name]));
  follow(file, [inferred], origins, note);
  return roles;
}

/** `graphs`: the graph to go through, then those around it, whose tensors it sees. */
function follow(
  file: ModelFile,
  graphs: readonly [InferredGraph, ...InferredGraph[]],
  outer: ReadonlyMap<string, string>,
  note: (input: string, role: InputRole) => void,
): void {
  const origins = new Map(outer);
  const noteIndex = (indices: string | undefined, table: string | undefined, axis: number) => {
    const input = origins.get(indices ?? '');
    const shape = graphs.map((graph) => graph.tensors.get(table ?? '')?.shape).find((known) => known != null);
    const below = shape?.at(axis);
    if (input !== undefined && typeof below === 'number' && below > 0) note(input, { kind: 'index', below });
  };
  for (const { node, bodies } of graphs[0].nodes) {
    const { inputs } = node;
    if (node.op === 'Gather' || node.op === 'GatherElements') {
      noteIndex(inputs[1], inputs[0], intAttribute((node as OnnxNode).proto, 'axis', 0));
    } else if (node.op === 'com.microsoft.EmbedLayerNormalization') {
      // Tables of words, positions and segments (ContribOperators.md); positions are the ninth input.
      noteIndex(inputs[0], inputs[2], 0);
      noteIndex(inputs[1], inputs[4], 0);
      noteIndex(inputs[8], inputs[3], 0);
    } else if (node.op === 'Equal') {
      const input = inputs.map((name) => origins.get(name)).find((name) => name !== undefined);
      const value = inputs.map((name) => scalar(file, graphs, name)).find((known) => known !== null);
      if (input !== undefined && value !== undefined) note(input, { kind: 'choice', value });
    }
    const origin = origins.get(inputs[0] ?? '');
    if (origin !== undefined && TRANSPARENT.has(node.op)) {
      for (const output of node.outputs) origins.set(output, origin);
    }
    for (const body of bodies) {
      // A function's inputs are its caller's, in order; those of Loop and Scan are other things.
      const called = node.op === 'Loop' || node.op === 'Scan' ? [] : body.graph.inputs;
      const given = called.flatMap(({ name }, at) => {
        const from = origins.get(inputs[at] ?? '');
        return from === undefined ? [] : [[name, from] as const];
      });
      follow(file, [body, ...graphs], new Map([...origins, ...given]), note);
    }
  }
}

/** The value of a stored integer of one element, else null. */
function scalar(file: ModelFile, graphs: readonly InferredGraph[], name: string): number | null {
  const tensor = graphs.map(({ graph }) => graph.constants.get(name)).find((known) => known !== undefined);
  if (tensor === undefined || !/^u?int/.test(tensor.type) || elementCount(tensor.shape) !== 1) return null;
  return file.readTensor(tensor, 1).values[0] ?? null;
}
