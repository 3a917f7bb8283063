import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { FakeMachine, fakeEngine } from '../../test/unit/fakeMachine';
import { scratchFolder } from '../../test/unit/support';
import { inspect } from '../analysis/inspect';
import { openModel } from '../formats';
import { writeYardsticks as onnxYardsticks } from '../formats/onnx/profiling/yardsticks';
import type { Yardstick } from '../formats/profiling';
import { writeYardsticks as tfliteYardsticks } from '../formats/tflite/profiling/yardsticks';
import { TooBusyError } from '../model/modelError';
import type { CeilingsReport } from '../protocol/roofline';
import { recallCeilings, rememberCeilings } from './ceilingMemory';
import { measureCeilings } from './ceilings';
import type { Engine } from './engine';
import { litert } from './litert';
import { onnxRuntime } from './onnxruntime';

const folder = scratchFolder();

const MADE: [string, (folder: string) => Yardstick[], Engine][] = [
  ['ONNX', onnxYardsticks, onnxRuntime],
  ['TensorFlow Lite', tfliteYardsticks, litert],
];

describe.each(MADE)('the %s models for ceilings', (_, write, engine) => {
  const yardsticks = write(mkdtempSync(join(folder, 'made-')));

  it('do as much as is said of them', () => {
    for (const { path, macs, kind, movedBytes, workingBytes } of yardsticks) {
      const file = openModel(path);
      const { totals, layers, inputs, problems } = inspect(file, { dims: {}, shapes: {} });
      file.close();
      expect(problems).toEqual([]);
      expect(totals.macs).toBe(macs);
      if (kind !== 'memory') continue;
      expect(4 * (inputs[0]?.shape ?? []).reduce<number>((all, size) => all * (size ?? 0), 1)).toBe(
        workingBytes,
      );
      // Each layer reads as much as is in use, and all but one that gives one number write as much.
      const written = layers.reduce((sum, { activationBytes }) => sum + (activationBytes ?? 0), 0);
      expect(movedBytes).toBeGreaterThan(written);
      expect(Math.abs(movedBytes - layers.length * workingBytes - written)).toBeLessThan(8);
    }
    expect(new Set(yardsticks.map(({ kind }) => kind))).toEqual(new Set(['float', 'int8', 'memory']));
  });

  it('run', { timeout: 120_000 }, async () => {
    for (const { path, workingBytes } of yardsticks) {
      // The largest takes a second where several programs run; it differs from the others in size alone.
      if (workingBytes > 2 ** 23) continue;
      const session = await engine.load(path, { threads: 1 });
      const [input] = session.inputs;
      expect(input?.shape.every((size) => typeof size === 'number')).toBe(true);
      await session.close();
    }
  });
});

/** Models that take so long on a machine that tells the time by itself. */
function measure(machine: FakeMachine) {
  const engine = fakeEngine(machine, { product: 4, faster: 2, near: 1, far: 8 });
  const yardstick = (path: string, facts: Partial<Yardstick>): Yardstick => ({
    ...{ path, kind: 'memory', macs: 0, movedBytes: 0, workingBytes: 0 },
    ...facts,
  });
  return measureCeilings(
    engine,
    [
      yardstick('product', { kind: 'float', macs: 4e6 }),
      yardstick('faster', { kind: 'float', macs: 4e6 }),
      yardstick('far', { movedBytes: 8e6, workingBytes: 1e6 }),
      yardstick('near', { movedBytes: 5e6, workingBytes: 1e3 }),
    ],
    1,
    () => {},
    machine,
  );
}

describe('ceilings', () => {
  it('are the most that was reached, unknown where nothing was', async () => {
    const { float, int8, memory } = await measure(new FakeMachine());
    expect(float).toBeCloseTo(4e6 / 0.002, -3);
    expect(int8).toBeNull();
    expect(memory.map(({ workingBytes }) => workingBytes)).toEqual([1e3, 1e6]);
    expect(memory.map(({ bytesPerSecond }) => Math.round(bytesPerSecond / 1e8))).toEqual([50, 10]);
  });

  it('are withheld where other programs take the processor', async () => {
    const machine = new FakeMachine();
    machine.load = { slice: 3, wait: 30 };
    await expect(measure(machine)).rejects.toThrow(TooBusyError);
  });

  it('are remembered for an engine, its threads and a processor', () => {
    const memory = join(folder, 'memory');
    const key = { engine: 'ONNX Runtime 1.30.0', threads: 1, cpu: 'a processor' };
    const ceilings: CeilingsReport = {
      ...{ ...key, float: 1e9, int8: null },
      memory: [{ workingBytes: 1, bytesPerSecond: 2 }],
    };
    expect(recallCeilings(memory, key)).toBeNull();
    rememberCeilings(memory, ceilings);
    rememberCeilings(memory, { ...ceilings, threads: 2 });
    expect(recallCeilings(memory, key)).toEqual(ceilings);
    for (const other of [{ engine: 'ONNX Runtime 1.31.0' }, { threads: 3 }, { cpu: 'another' }])
      expect(recallCeilings(memory, { ...key, ...other })).toBeNull();
  });

  it.each(['no JSON', '[]', '{"1, a processor, x64, e, 1": {"engine": "e"}}'])(
    'are measured again where what is remembered is %s',
    (text) => {
      const memory = mkdtempSync(join(folder, 'broken-'));
      writeFileSync(join(memory, 'ceilings.json'), text.replace('x64', process.arch));
      expect(recallCeilings(memory, { engine: 'e', threads: 1, cpu: 'a processor' })).toBeNull();
    },
  );
});
