import { describe, expect, it } from 'vitest';
import type { LayerRoofline, RooflineReport } from '../protocol/roofline';
import { rooflineSection } from './rooflineText';

function layer(place: number, change: Partial<LayerRoofline> = {}): LayerRoofline {
  return {
    ...{ id: String(place), name: `/features/features.${place}/conv/conv.0/Conv`, op: 'Conv' },
    ...{ macs: 2e6, movedBytes: 1e6, intensity: 2, medianMs: 0.1, macsPerSecond: 20e9 },
    ...{ bytesPerSecond: 10e9, macsCeiling: 40e9, bytesCeiling: 50e9, reached: 0.5, bound: 'compute' },
    ...change,
  };
}

const REPORT: RooflineReport = {
  ceilings: {
    ...{ engine: 'ONNX Runtime 1.30.0', threads: 1, cpu: 'a processor', float: 40e9, int8: null },
    memory: [{ workingBytes: 1e6, bytesPerSecond: 50e9 }],
  },
  layers: [
    layer(1),
    layer(2, { bound: null, reached: null, macsPerSecond: null, intensity: null }),
    layer(3, { medianMs: null }),
  ],
};

describe('the roofline in the terminal', () => {
  it('has a line for each timed layer, which fits 80 columns and tells the layers apart', () => {
    const lines = [...rooflineSection(REPORT, 80)].join('').split('\n');
    const rows = lines.filter((line) => line.includes('features.'));
    expect(rows).toHaveLength(2);
    expect(rows[0]).toMatch(/features\.1\S*\s+2\s+20\s+10\s+50 %\s+compute/);
    expect(rows[1]).toMatch(/features\.2\S*\s+—\s+—\s+10\s+—\s+—/);
    for (const row of rows) expect(row.length).toBeLessThanOrEqual(80);
  });

  it('says what the ceilings are, what bounds the model, and what is a lower bound', () => {
    const text = [...rooflineSection(REPORT, 80)].join('');
    expect(text).toContain(
      'This computer with ONNX Runtime 1.30.0 and 1 thread reaches 40 GMAC/s in float, int8 unknown, 50 GB/s in caches, 50 GB/s from memory.',
    );
    expect(text).toContain('50.0 % of the time is bound by compute (1 layer).');
    expect(text).toContain('Bytes moved are a lower bound');
  });

  it('says why nothing is known where that is so', () => {
    const unknown = 'What Pixel 8 can reach at most was not measured.';
    const layers = [layer(1, { bound: null, reached: null })];
    const text = [...rooflineSection({ ceilings: null, unknown, layers }, null)].join('');
    expect(text).toContain(unknown);
    expect(text).not.toContain('lower bound');
  });
});
