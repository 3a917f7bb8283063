import type { GraphProto, NodeProto } from '../onnx_pb';
import { bodiesOf } from './protos';

/**
 * Gives what bodies define names that nothing else in the model has, and moves their stored tensors to the main graph,
 * which bodies see as well: a name then means one thing wherever it is read. Names that are unique already stay.
 */
export function separateBodies(main: GraphProto): void {
  if (!main.node.some((node) => bodiesOf(node).length > 0)) return;
  const taken = new Set<string>();
  for (const name of definedBy(main)) taken.add(name);
  for (const node of main.node) for (const body of bodiesOf(node)) separate(body, main, taken, new Map());
}

/** @param renamed names of the graphs around it that are others now */
function separate(
  body: GraphProto,
  main: GraphProto,
  taken: Set<string>,
  renamed: ReadonlyMap<string, string>,
): void {
  const names = new Map(renamed);
  for (const name of definedBy(body)) {
    const own = freshName(name, taken);
    taken.add(own);
    names.set(name, own);
  }
  const now = (name: string) => names.get(name) ?? name;
  for (const info of [...body.input, ...body.output, ...body.valueInfo]) info.name = now(info.name);
  for (const tensor of body.initializer) tensor.name = now(tensor.name);
  for (const { values } of body.sparseInitializer) if (values) values.name = now(values.name);
  for (const node of body.node) rename(node, now);
  main.initializer.push(...body.initializer);
  body.initializer = [];
  for (const node of body.node) for (const inner of bodiesOf(node)) separate(inner, main, taken, names);
}

function rename(node: NodeProto, now: (name: string) => string): void {
  node.input = node.input.map(now);
  node.output = node.output.map(now);
}

function definedBy(graph: GraphProto): Set<string> {
  const names = [
    ...graph.input.map(({ name }) => name),
    ...graph.initializer.map(({ name }) => name),
    ...graph.sparseInitializer.map(({ values }) => values?.name ?? ''),
    ...graph.node.flatMap(({ output }) => output),
  ];
  return new Set(names.filter((name) => name !== ''));
}

function freshName(name: string, taken: ReadonlySet<string>): string {
  let fresh = name;
  for (let n = 1; taken.has(fresh); n++) fresh = `${name}_${n}`;
  return fresh;
}
