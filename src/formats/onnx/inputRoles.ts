import type { InferredGraph } from '../../model/inference';
import type { ModelFile } from '../format';
import type { InputRole } from '../profiling';
import { intAttribute } from './attributes';
import type { OnnxNode } from './graph';

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

/** Which inputs index a table, as far as that can be seen, and which say what counts: those are told by their names. */
export function inputRoles(_file: ModelFile, inferred: InferredGraph): Map<string, InputRole> {
  const roles = new Map<string, InputRole>();
  for (const { name } of inferred.graph.inputs) {
    if (/mask/i.test(name)) roles.set(name, { kind: 'mask' });
  }
  // Input of the graph whose values a tensor has.
  const origins = new Map(inferred.graph.inputs.map(({ name }) => [name, name]));
  follow(inferred, origins, (input, below) => {
    const known = roles.get(input);
    if (known?.kind === 'mask') return;
    roles.set(input, { kind: 'index', below: Math.min(below, known?.below ?? below) });
  });
  return roles;
}

function follow(
  inferred: InferredGraph,
  outer: ReadonlyMap<string, string>,
  found: (input: string, below: number) => void,
): void {
  const origins = new Map(outer);
  const note = (indices: string | undefined, table: string | undefined, axis: number) => {
    const input = origins.get(indices ?? '');
    const shape = inferred.tensors.get(table ?? '')?.shape;
    const rows = shape?.at(axis);
    if (input !== undefined && typeof rows === 'number' && rows > 0) found(input, rows);
  };
  for (const { node, bodies } of inferred.nodes) {
    const { inputs } = node;
    if (node.op === 'Gather' || node.op === 'GatherElements') {
      note(inputs[1], inputs[0], intAttribute((node as OnnxNode).proto, 'axis', 0));
    } else if (node.op === 'com.microsoft.EmbedLayerNormalization') {
      // Tables of words, positions and segments (ContribOperators.md); positions are the ninth input.
      note(inputs[0], inputs[2], 0);
      note(inputs[1], inputs[4], 0);
      note(inputs[8], inputs[3], 0);
    }
    const origin = origins.get(inputs[0] ?? '');
    if (origin !== undefined && TRANSPARENT.has(node.op)) {
      for (const output of node.outputs) origins.set(output, origin);
    }
    for (const body of bodies) {
      // A function's inputs are its caller's, in order.
      const given = body.graph.inputs.flatMap(({ name }, at) => {
        const from = origins.get(inputs[at] ?? '');
        return from === undefined || node.op === 'Loop' || node.op === 'Scan' ? [] : [[name, from] as const];
      });
      follow(body, new Map([...origins, ...given]), found);
    }
  }
}
