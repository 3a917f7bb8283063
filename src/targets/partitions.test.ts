import { describe, expect, it } from 'vitest';
import { seededRandom } from '../runtime/random';
import { type PlacedNode, partitionsOf } from './partitions';

/** `a b > c +`: takes a and b, gives c, and runs there; `-`: elsewhere. */
function nodesOf(...lines: string[]): PlacedNode[] {
  return lines.map((line) => {
    const [, taken = '', given = '', sign] = /^(.*)>(.*)([+-])$/.exec(line) ?? [];
    const names = (text: string) => text.trim().split(' ').filter(Boolean);
    return { inputs: names(taken), outputs: names(given), there: sign === '+' };
  });
}

const runs = (...lines: string[]) =>
  partitionsOf(nodesOf(...lines)).map(({ there, nodes }) => `${there ? '+' : '-'}${nodes}`);

describe('layers run in parts', () => {
  it('one after the other in a chain', () => {
    expect(runs('x > a +', 'a > b +', 'b > c -', 'c > d +')).toEqual(['+2', '-1', '+1']);
  });

  it('that lie apart in the file, where their inputs allow', () => {
    // In the file’s order there would be five runs.
    expect(runs('x > a +', 'x > b -', 'a > c +', 'b > d -', 'c d > e +')).toEqual(['+2', '-2', '+1']);
  });

  it('of which the first is where the first layer is', () => {
    expect(runs('x > a -', 'x > b +', 'a b > c +')).toEqual(['-1', '+2']);
    expect(runs('x > a +', 'x > b -', 'a b > c -')).toEqual(['+1', '-2']);
  });

  it('in the order of what they change', () => {
    expect(runs('v > r +', 'v r > -', 'v > s +')).toEqual(['+1', '-1', '+1']);
    expect(runs('v > r +', 'v > s +', 'w > -')).toEqual(['+2', '-1']);
  });

  it('that are none where there are no layers', () => {
    expect(runs()).toEqual([]);
  });

  it('that take as few switches as any order that is tried', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = seededRandom(seed);
      const nodes = Array.from({ length: 6 }, (_, at): PlacedNode => {
        const inputs = Array.from({ length: at }, (__, before) => before).filter(() => random() < 0.4);
        return {
          inputs: inputs.map(String),
          outputs: [String(at)],
          there: random() < 0.5,
        };
      });
      const found = partitionsOf(nodes);
      expect(
        found.reduce((sum, one) => sum + one.nodes, 0),
        `seed ${seed}`,
      ).toBe(nodes.length);
      // Beginning with the other part may take one run less.
      expect(found.length - fewestRuns(nodes), `seed ${seed}`).toBeLessThanOrEqual(1);
    }
  });

  it('of 100,000 layers in turns', () => {
    const nodes = Array.from(
      { length: 100_000 },
      (_, at): PlacedNode => ({
        inputs: [`${at}`],
        outputs: [`${at + 1}`],
        there: at % 2 === 0,
      }),
    );
    expect(partitionsOf(nodes)).toHaveLength(100_000);
  });
});

/** Over all orders that the inputs allow. */
function fewestRuns(nodes: readonly PlacedNode[]): number {
  const walk = (done: ReadonlySet<number>, last: boolean | null): number => {
    if (done.size === nodes.length) return 0;
    let fewest = Number.POSITIVE_INFINITY;
    for (const [at, { inputs, there }] of nodes.entries()) {
      if (done.has(at) || !inputs.every((name) => done.has(Number(name)))) continue;
      const rest = walk(new Set([...done, at]), there);
      fewest = Math.min(fewest, rest + (there === last ? 0 : 1));
    }
    return fewest;
  };
  return walk(new Set(), null);
}
