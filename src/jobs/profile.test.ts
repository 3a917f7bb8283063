import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from './profile';
import { ReadingModel } from './readingModel';

const MODEL = 'models/shapes_mobilenetv2.onnx';
const scratch = mkdtempSync(join(tmpdir(), 'model-caliper-test-'));

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('a profile', () => {
  it('says what it was measured with, and is no figure of another size', { timeout: 60_000 }, async () => {
    const choice = { dims: { N: 2 }, shapes: {} };
    const report = await run(
      { model: MODEL, ...choice, threads: 1, runs: 1, data: null, preprocessing: null, seed: 0, trace: null },
      { progress: () => {}, log: () => {}, scratch, memory: scratch },
    );
    const reading = new ReadingModel(MODEL);
    const { inputs } = reading.open({ choice }).report;
    expect(report.inputShapes).toEqual(inputs.map(({ name, shape }) => ({ name, shape })));
    expect(report.inputShapes?.[0]?.shape[0]).toBe(2);
    const csv = (dims: Record<string, number>) => {
      const target = join(scratch, `${dims['N']}.csv`);
      reading.export({ choice: { dims, shapes: {} }, as: 'csv', profile: report, target });
      return readFileSync(target, 'utf8');
    };
    expect(csv({ N: 2 })).toContain('latency_ms');
    expect(csv({ N: 1 })).not.toContain('latency_ms');
  });
});

describe('a model that is opened', () => {
  it('says whether quantizing could do something, as the form says it', () => {
    const choice = { dims: {}, shapes: {} };
    for (const model of [MODEL, 'models/shapes_mobilenetv2.mlpackage']) {
      const reading = new ReadingModel(model);
      const { possible, reason } = reading.quantizeChoice({ choice });
      expect(reading.open({ choice }).cannotQuantize).toBe(possible ? null : reason);
    }
    expect(new ReadingModel(MODEL).open({ choice }).cannotQuantize).toBeNull();
  });
});
