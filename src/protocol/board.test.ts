import { expect, it } from 'vitest';
import { type BoardModel, boardComparisons, measuredBoard } from './board';
import type { Comparison } from './reports';

const comparison = (output: string) => ({ output }) as Comparison;
const model = (name: string): BoardModel => ({
  id: name,
  path: `/${name}`,
  name,
  comparison: comparison(name),
  became: null,
});

it('says of one model what it is by itself, of several what the others are to the first', () => {
  const outputs = (...names: string[]) => boardComparisons(names.map(model))?.map(({ output }) => output);
  expect(outputs()).toBeUndefined();
  expect(outputs('a')).toEqual(['a']);
  expect(outputs('a', 'b', 'c')).toEqual(['b', 'c']);
});

it('lays the reports of a run over the others, in their order', () => {
  const run = { ...comparison('measured b'), others: [comparison('measured c')] };
  const board = measuredBoard([model('a'), model('b'), model('c'), model('later')], run);
  expect(board.map((one) => one.comparison.output)).toEqual(['a', 'measured b', 'measured c', 'later']);
});
