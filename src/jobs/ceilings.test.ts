import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SAMPLE, scratchFolder } from '../../test/unit/support';
import { analyze } from '../analysis/inspect';
import { roofline } from '../analysis/roofline';
import { openModel } from '../formats';
import { run } from './ceilings';
import { run as profile } from './profile';

const folder = scratchFolder();

function contextOf(memory: string) {
  const said: string[] = [];
  const progress = ({ message }: { message: string }) => void said.push(message);
  return {
    said,
    context: { scratch: mkdtempSync(join(folder, 'scratch-')), memory, progress, log: () => {} },
  };
}

describe('the ceilings of the engine that runs a model', { timeout: 240_000 }, () => {
  it('are measured once, and those of its profile', async () => {
    const memory = join(folder, 'memory');
    const options = { model: SAMPLE, threads: 1, dims: {}, shapes: {} };
    const first = contextOf(memory);
    const ceilings = await run(options, first.context);
    expect(first.said.length).toBeGreaterThan(0);
    expect(ceilings.float).toBeGreaterThan(1e8);
    expect(ceilings.int8).toBeGreaterThan(1e8);
    expect(ceilings.memory.map(({ workingBytes }) => workingBytes)).toEqual([2 ** 18, 2 ** 22, 2 ** 26]);
    const again = contextOf(memory);
    expect(await run(options, again.context)).toEqual(ceilings);
    expect(again.said).toEqual([]);
    const report = await profile(
      { ...options, runs: 5, data: null, preprocessing: null, seed: 1, trace: null },
      again.context,
    );
    const file = openModel(SAMPLE);
    const analysis = analyze(file, options);
    const { layers, unknown } = roofline(analysis, report, ceilings);
    const total = analysis.report.totals.macs;
    file.close();
    expect(unknown).toBeUndefined();
    // What was timed and multiplies has a place; what was folded into it is no row of its own.
    const timed = layers.filter(({ medianMs }) => medianMs !== null);
    expect(timed.length).toBeGreaterThan(40);
    for (const { bound, macsCeiling, macs } of timed) {
      expect(bound).not.toBeNull();
      expect(macsCeiling).toBe((macs ?? 0) > 0 ? ceilings.float : null);
    }
    expect(timed.reduce((sum, { macs }) => sum + (macs ?? 0), 0)).toBe(total);
  });
});
