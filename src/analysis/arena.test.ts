import { describe, expect, it } from 'vitest';
import { scratchFolder } from '../../test/unit/support';
import { type MadeGraph, makeTflite, reopenTflite } from '../../test/unit/tflite';
import { openModel } from '../formats';
import { seededRandom } from '../runtime/random';
import { arenaBytes } from './arena';
import { inspect } from './inspect';

const folder = scratchFolder();
const ALIGNMENT = 64;

/** Operators one after the other; sizes are in elements of four bytes. */
function graphOf(
  sizes: Record<string, number>,
  steps: [inputs: string[], output: string][],
  output: string,
): MadeGraph {
  return {
    tensors: Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, { shape: [size] }])),
    inputs: ['x'],
    outputs: [output],
    operators: steps.map(([inputs, given]) => ({ op: 'CUSTOM_STEP', inputs, outputs: [given] })),
  };
}

function measured(graph: MadeGraph) {
  const file = reopenTflite(makeTflite(graph), folder);
  const { arenaBytes: arena, peakActivationBytes: peak } = inspect(file, { dims: {}, shapes: {} }).totals;
  return { arena, peak };
}

describe('an arena', () => {
  it('keeps the input, and reuses what is not needed any more', () => {
    // a and c never live together; b needs a place beside both.
    const graph = graphOf(
      { x: 16, a: 32, b: 48, c: 32, y: 16 },
      [
        [['x'], 'a'],
        [['a'], 'b'],
        [['b'], 'c'],
        [['c'], 'y'],
      ],
      'y',
    );
    // b at 0; a and c behind it at 192; y, the output, where b was; x lives throughout, behind them.
    expect(measured(graph)).toEqual({ arena: 192 + 128 + 64, peak: 320 });
  });

  it('places each tensor where those that live at the same time leave room', () => {
    // The medium one is dead when the next one comes, the small one lives beside both large ones.
    const graph = graphOf(
      { x: 16, large: 160, medium: 32, next: 160, small: 16, y: 16 },
      [
        [['x'], 'medium'],
        [['medium'], 'large'],
        [['large'], 'small'],
        [['small', 'large'], 'next'],
        [['next'], 'y'],
      ],
      'y',
    );
    // large at 0, next and medium at 640, x at 1280, small at 1344, y at 0.
    expect(measured(graph).arena).toBe(1280 + 64 + 64);
  });

  it('is never smaller than what lives at once, nor larger than everything side by side', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seededRandom(seed);
      const names = Array.from({ length: 12 }, (_, index) => (index === 0 ? 'x' : `t${index}`));
      const sizes = Object.fromEntries(names.map((name) => [name, 1 + Math.floor(random() * 200)]));
      const steps = names.slice(1).map((name, index): [string[], string] => {
        const before = names.slice(0, index + 1);
        return [[before[Math.floor(random() * before.length)] ?? 'x', before.at(-1) ?? 'x'], name];
      });
      const { arena, peak } = measured(graphOf(sizes, steps, names.at(-1) ?? 'x'));
      const aligned = Object.values(sizes).reduce(
        (sum, size) => sum + Math.ceil((4 * size) / ALIGNMENT) * ALIGNMENT,
        0,
      );
      expect(arena, `seed ${seed}`).toBeGreaterThanOrEqual(peak ?? Number.POSITIVE_INFINITY);
      expect(arena, `seed ${seed}`).toBeLessThanOrEqual(aligned);
    }
  });

  describe('of a model whose nodes call graphs', () => {
    const body = (name: string): MadeGraph => ({
      ...graphOf(
        { x: 64, a: 512, y: 64 },
        [
          [['x'], 'a'],
          [['a'], 'y'],
        ],
        'y',
      ),
      name,
    });
    const condition = { shape: [], type: 6 };
    const caller = (op: string, options: Record<string, number>, table: string): MadeGraph => ({
      tensors: { c: condition, x: { shape: [64] }, y: { shape: [64] }, z: { shape: [64] } },
      inputs: ['c', 'x'],
      outputs: ['z'],
      operators: ['y', 'z'].map((output, n) => ({
        op,
        inputs: [...(op === 'IF' ? ['c'] : []), n === 0 ? 'x' : 'y'],
        outputs: [output],
        options: { table, ...options },
      })),
    });
    const inArena = (...graphs: MadeGraph[]) => {
      const file = reopenTflite(makeTflite(...graphs), folder);
      const { arenaBytes: arena, peakActivationBytes: peak } = inspect(file, { dims: {}, shapes: {} }).totals;
      return { arena, peak };
    };
    // The body: a at 0, x and y behind it. The caller: x, y and z, one of which is dead in the end, and c.
    const [inside, outside] = [2048 + 256 + 256, 3 * 256 + 1];

    it('has those of the graphs behind its own, one for each, however often it is called', () => {
      const called = inArena(caller('CALL', { subgraph: 1 }, 'CallOptions'), body('called'));
      expect(called.arena).toBe(outside + inside);
      const branches = { thenSubgraphIndex: 1, elseSubgraphIndex: 2 };
      const chosen = inArena(caller('IF', branches, 'IfOptions'), body('then'), body('else'));
      expect(chosen.arena).toBe(outside + 2 * inside);
      for (const { arena, peak } of [called, chosen]) expect(arena).toBeGreaterThanOrEqual(peak ?? Infinity);
    });

    it('is not below the peak of the trial', () => {
      const { totals } = inspect(openModel('test/trials/tflite/composite.tflite'), { dims: {}, shapes: {} });
      expect(totals.peakActivationBytes).toBe(1176);
      expect(totals.arenaBytes).toBeGreaterThanOrEqual(1176);
    });
  });

  it('is unknown where a size is', () => {
    const tensor = {
      name: 'x',
      type: 'float32' as const,
      shape: [null],
      declaredShape: [null],
      constant: false,
    };
    const graph = {
      name: 'main',
      nodes: [],
      inputs: [{ name: 'x', type: 'float32' as const, declaredShape: [null] }],
      outputs: [],
      valueInfo: new Map(),
      constants: new Map(),
    };
    expect(
      arenaBytes({ graph, tensors: new Map([['x', tensor]]), nodes: [], runs: 1 }, ALIGNMENT),
    ).toBeNull();
  });
});
