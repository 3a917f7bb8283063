import type { CoreMlGraph, CoreMlNode } from '../graph';

/**
 * How often the body of a `while_loop` runs that counts one of its variables up to a number; null where that does
 * not follow from constants.
 *
 * @param initial the constant that a variable begins with, undefined where it is none.
 */
export function loopRuns(
  cond: CoreMlGraph,
  body: CoreMlGraph,
  initial: (variable: number) => unknown,
): number | null {
  const test = makerOf(cond, 0);
  const closed = test?.op === 'less_equal';
  if (test === null || !(test.op === 'less' || closed)) return null;
  const variable = cond.inputs.findIndex(({ name }) => name === operand(test, 'x'));
  const count = makerOf(body, variable);
  const counted = count !== null && operand(count, 'x') === body.inputs[variable]?.name;
  if (count?.op !== 'add' || !counted) return null;
  const [start, step, end] = [initial(variable), settingY(count), settingY(test)];
  if (!isWhole(start) || !isWhole(step) || !isWhole(end) || step <= 0) return null;
  const runs = closed ? Math.floor((end - start) / step) + 1 : Math.ceil((end - start) / step);
  return Math.max(0, runs);
}

function makerOf({ nodes, outputs }: CoreMlGraph, output: number): CoreMlNode | null {
  const name = outputs[output]?.name;
  return nodes.find((node) => name !== undefined && node.outputs.includes(name)) ?? null;
}

function operand({ source }: CoreMlNode, parameter: string): string | undefined {
  return source.kind === 'operation' ? source.inputsOf(parameter)[0] : undefined;
}

/** Constants that are whole numbers are settings. */
function settingY({ attributes }: CoreMlNode): unknown {
  return attributes.find(({ name }) => name === 'y')?.value;
}

function isWhole(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
