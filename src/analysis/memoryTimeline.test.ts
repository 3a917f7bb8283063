import { describe, expect, it } from 'vitest';
import { realModels, realTfliteModels, scratchFolder } from '../../test/unit/support';
import { makeTflite, reopenTflite } from '../../test/unit/tflite';
import { openModel } from '../formats';
import type { TfliteFile } from '../formats/tflite/file';
import { itemAt, present } from '../model/assert';
import type { InferredGraph, InferredTensor } from '../model/inference';
import type { Node } from '../model/model';
import type { ArenaReport, MemoryReport } from '../protocol/reports';
import { seededRandom } from '../runtime/random';
import { inspect } from './inspect';
import { memoryTimeline } from './memoryTimeline';

const folder = scratchFolder();
const AS_IT_IS = { dims: {}, shapes: {} };

/** Operators one after the other; sizes are in elements of four bytes. */
function fileOf(
  sizes: Record<string, number>,
  steps: readonly [inputs: string[], output: string][],
  outputs: string[],
): TfliteFile {
  const tensors = Object.fromEntries(Object.entries(sizes).map(([name, size]) => [name, { shape: [size] }]));
  const operators = steps.map(([inputs, given]) => ({ op: 'CUSTOM_STEP', inputs, outputs: [given] }));
  return reopenTflite(makeTflite({ tensors, inputs: ['x'], outputs, operators }), folder);
}

function timelineOf(...made: Parameters<typeof fileOf>): MemoryReport {
  const file = fileOf(...made);
  return memoryTimeline(file.infer(AS_IT_IS).graph, file.format);
}

/** A wide tensor is held over two small layers, then added. */
const SKIP = {
  sizes: { x: 10, wide: 100, a: 20, b: 80, c: 60, y: 100 },
  steps: [
    [['x'], 'wide'],
    [['wide'], 'a'],
    [['a'], 'b'],
    [['b'], 'c'],
    [['c', 'wide'], 'y'],
  ],
} satisfies { sizes: Record<string, number>; steps: [string[], string][] };

describe('a memory timeline', () => {
  it('says what each layer adds, what is free behind it, and what lives meanwhile', () => {
    const { steps, peakStep, peakBytes } = timelineOf(SKIP.sizes, SKIP.steps, ['y']);
    expect(steps.map(({ liveBytes }) => liveBytes / 4)).toEqual([110, 120, 200, 240, 260]);
    expect(steps.map(({ addedBytes }) => addedBytes / 4)).toEqual([100, 20, 80, 60, 100]);
    expect(steps.map(({ freedBytes }) => freedBytes / 4)).toEqual([10, 0, 20, 80, 260]);
    expect({ peakStep, peakBytes }).toEqual({ peakStep: 4, peakBytes: 4 * 260 });
  });

  it('names what lives at the peak, who made it and who needs it last', () => {
    const { steps, peakTensors } = timelineOf({ ...SKIP.sizes, y: 10 }, SKIP.steps, ['y']);
    const layer = (at: number) => ({ id: String(at), name: itemAt(steps, at).name });
    expect(peakTensors).toEqual([
      { name: 'wide', bytes: 400, role: 'held', madeBy: layer(0), lastUsedBy: layer(4) },
      { name: 'b', bytes: 320, role: 'taken', madeBy: layer(2), lastUsedBy: layer(3) },
      { name: 'c', bytes: 240, role: 'made', madeBy: layer(3), lastUsedBy: layer(4) },
    ]);
  });

  it('says which tensors would lower the peak, each with those before it', () => {
    const { lowering } = timelineOf({ ...SKIP.sizes, y: 10 }, SKIP.steps, ['y']);
    const [first] = lowering;
    // Without `wide` while a, b and c are made: 200 while b is, which wide is not part of, would be 100; the end has 170.
    expect(first).toMatchObject({ tensor: 'wide', how: 'held', layersBetween: 2, peakBytes: 4 * 170 });
    expect(lowering.map(({ peakBytes }) => peakBytes)).toEqual(
      [...lowering.map(({ peakBytes }) => peakBytes)].sort((a, b) => b - a),
    );
  });

  it('has nothing that could be spared where the layer at the peak needs all of it', () => {
    // Two layers take `a`, which must exist, and y is what the model gives.
    const { lowering } = timelineOf(
      { x: 1, a: 50, b: 1, y: 50 },
      [
        [['x'], 'a'],
        [['a'], 'b'],
        [['a', 'b'], 'y'],
      ],
      ['y'],
    );
    expect(lowering).toEqual([]);
  });

  it('says of unknown sizes that its peak is one of the part that is known', () => {
    const dynamic = realModels().find((path) => path.endsWith('yunet_n_dynamic.onnx'));
    if (dynamic === undefined) return;
    const file = openModel(dynamic);
    const { peakBytes, knownPeakBytes, lowering } = memoryTimeline(file.infer(AS_IT_IS).graph, file.format);
    expect(peakBytes).toBeNull();
    expect(knownPeakBytes).toBe(inspect(file, AS_IT_IS).totals.knownPeakActivationBytes);
    expect(lowering).toEqual([]);
    file.close();
  });
});

describe.each([...realModels(), ...realTfliteModels()])('the timeline of %s', (path) => {
  it('has the peak of the totals, and takes away what it says it would', () => {
    const file = openModel(path);
    const { totals } = inspect(file, AS_IT_IS);
    const { graph } = file.infer(AS_IT_IS);
    const memory = memoryTimeline(graph, file.format);
    expect(memory.peakBytes).toBe(totals.peakActivationBytes);
    const most = memory.steps.reduce((peak, { liveBytes }) => Math.max(peak, liveBytes), 0);
    expect(most).toBe(totals.knownPeakActivationBytes);
    if (memory.peakTensorCount === memory.peakTensors.length) {
      expect(memory.peakTensors.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0)).toBe(most);
    }
    for (const { peakBytes } of memory.lowering) expect(peakBytes).toBeLessThanOrEqual(most);
    if (memory.arena) expectPlaced(memory.arena, graph, totals.arenaBytes ?? null);
    file.close();
  });
});

/** No two tensors that live at the same time lie over each other. */
function expectPlaced(arena: ArenaReport, graph: InferredGraph, total: number | null): void {
  expect(arena.totalBytes).toBe(total);
  expect(arena.bytes).toBe(arena.places.reduce((end, { offset, bytes }) => Math.max(end, offset + bytes), 0));
  for (const [index, one] of arena.places.entries()) {
    expect(graph.tensors.has(one.tensor)).toBe(true);
    for (const other of arena.places.slice(index + 1)) {
      const meet = one.from <= other.to && other.from <= one.to;
      const over = one.offset < other.offset + other.bytes && other.offset < one.offset + one.bytes;
      expect(meet && over).toBe(false);
    }
  }
}

it('follows 30,000 layers within a second', () => {
  const count = 30_000;
  const random = seededRandom(1);
  const names = Array.from({ length: count }, (_, at) => `t${at}`);
  const nodes = names.map((name, at) => {
    const inputs = [at - 1, at - 1 - Math.floor(random() * 3)].map((from) => names[from] ?? 'x');
    return { name, inputs, outputs: [name], bodies: [] } as unknown as Node;
  });
  const tensors = ['x', ...names].map((name): [string, InferredTensor] => [
    name,
    {
      ...{ name, type: 'float32', declaredShape: null, constant: false },
      shape: [1 + Math.floor(random() * 100)],
    },
  ]);
  const graph = { inputs: [{ name: 'x' }], outputs: [{ name: present(names.at(-1), 'name') }], nodes };
  const inferred = {
    ...{ graph, tensors: new Map(tensors), runs: 1 },
    nodes: nodes.map((node) => ({ node, macs: 0, elementOps: 0, bodies: [], alternatives: false })),
  } as unknown as InferredGraph;
  const start = process.cpuUsage();
  const memory = memoryTimeline(inferred, { arena: { alignment: 64 } });
  const { user } = process.cpuUsage(start);
  expect(memory.steps).toHaveLength(count);
  // More than are placed: that takes the square of their number.
  expect(memory.arena).toBeNull();
  // Measured: 1.8 s for 100,000 on a busy computer.
  expect(user).toBeLessThan(10e6);
});
