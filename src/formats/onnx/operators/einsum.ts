import { Mismatch, product, tensor } from '../../value';
import { stringAttribute } from '../attributes';
import { type Context, input, type Operators } from './operator';

interface Equation {
  /** A label for each axis of each operand; axes that `...` stands for have names of their own. */
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
  readonly lengths: ReadonlyMap<string, number | null>;
}

/** Reads `ij,jk->ik`; null where the ranks are not known. */
function parse(context: Context): Equation | null {
  const [left = '', right] = stringAttribute(context.node, 'equation', '').replaceAll(' ', '').split('->');
  const terms = left.split(',');
  if (terms.length !== context.inputs.length) {
    throw new Mismatch(`has ${context.inputs.length} inputs, but its equation has ${terms.length}`);
  }
  const lengths = new Map<string, number | null>();
  const operands: string[][] = [];
  let widest = 0;
  for (const [n, term] of terms.entries()) {
    const { shape } = input(context, n);
    if (shape === null) return null;
    const hidden = shape.length - term.replace('...', '').length;
    if (hidden < 0 || (hidden > 0 && !term.includes('...'))) {
      throw new Mismatch(`has an input of ${shape.length} dimensions for the term ${term}`);
    }
    widest = Math.max(widest, hidden);
    const labels = expand(term, hidden);
    operands.push(labels);
    for (const [axis, label] of labels.entries()) {
      const known = lengths.get(label);
      const here = shape[axis] ?? null;
      if (known === undefined || known === 1 || (known === null && here !== 1)) lengths.set(label, here);
    }
  }
  const result = right === undefined ? implied(operands, widest) : expand(right, widest);
  return { operands, result, lengths };
}

/** `...` stands for the last of the broadcast axes, so they are numbered from the right. */
function expand(term: string, hidden: number): string[] {
  const [before = '', after] = term.split('...');
  if (after === undefined) return [...before];
  const ellipsis = Array.from({ length: hidden }, (_, n) => `…${hidden - n}`);
  return [...before, ...ellipsis, ...after];
}

/** Without an arrow: the broadcast axes, then every label that occurs once, in order. */
function implied(operands: readonly (readonly string[])[], widest: number): string[] {
  const all = operands.flat().filter((label) => !label.startsWith('…'));
  const once = all.filter((label) => all.indexOf(label) === all.lastIndexOf(label));
  return [...expand('...', widest), ...once.sort()];
}

/**
 * Operands are taken in pairs from the left; a pair costs the product of the lengths of all its labels. Labels
 * that neither the result nor a later operand has are summed at the earliest pair.
 */
function macs({ operands, result, lengths }: Equation): number | null {
  let total: number | null = 0;
  let joined = new Set(operands[0]);
  for (let n = 1; n < operands.length; n++) {
    for (const label of operands[n] ?? []) joined.add(label);
    const cost = product([...joined].map((label) => lengths.get(label)));
    total = total === null || cost === null ? null : total + cost;
    const needed = new Set([...result, ...operands.slice(n + 1).flat()]);
    joined = new Set([...joined].filter((label) => needed.has(label)));
  }
  return total;
}

export const einsum: Operators = {
  Einsum: {
    infer(context) {
      const equation = parse(context);
      const shape = equation?.result.map((label) => equation.lengths.get(label) ?? null) ?? null;
      return [tensor(input(context, 0).type, shape)];
    },
    macs(context) {
      const equation = parse(context);
      return equation === null ? null : macs(equation);
    },
  },
};
